import { expect, test } from 'vitest';
import { awsError } from '../../../../../connectors/msk/sdk/client.ts';

test.each([
  [{ $metadata: { httpStatusCode: 404 } }, 'NOT_FOUND'],
  [{ $metadata: { httpStatusCode: 403 } }, 'REFUSED'],
  [{ $metadata: { httpStatusCode: 409 } }, 'REFUSED'],
  [{ $metadata: { httpStatusCode: 429 } }, 'NOT_READY'],
  [{ $metadata: { httpStatusCode: 503 } }, 'NOT_READY'],
  [{ name: 'TimeoutError' }, 'TIMEOUT'],
  [{ code: 'ECONNREFUSED' }, 'UNREACHABLE'],
  [{ name: 'CredentialsProviderError' }, 'ENVIRONMENT'],
])('%j is %s', (told, code) => {
  const error = awsError(Object.assign(new Error('no'), told), 'MSK Connect could not list', (text) => text);
  expect(error).toMatchObject({ code, message: expect.stringMatching(/^MSK Connect could not list: /) });
});

test.each([
  ['ExpiredTokenException', 'The security token included in the request is expired', 'log in again'],
  ['UnrecognizedClientException', 'The security token included in the request is invalid.', 'log in again'],
  ['InvalidSignatureException', 'Credential should be scoped to a valid region.', 'region and endpoints'],
  ['AccessDeniedException', 'not authorized to perform: kafkaconnect:ListConnectors', 'lack a permission'],
])('a 403 by %s says what to do', (name, message, hint) => {
  const told = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 403 } });
  expect(awsError(told, 'MSK Connect could not list', (text) => text)).toMatchObject({
    code: 'REFUSED',
    hint: expect.stringContaining(hint),
  });
});
