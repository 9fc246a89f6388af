import { expect, test } from 'vitest';
import { awsError, loadAws } from '../../../../connectors/targets/aws.ts';
import { traceAfter } from '../../../../connectors/targets/aws-logs.ts';

test('a package that is not installed is named with the command that installs it', async () => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  const loading = loadAws('@aws-sdk/client-kafkaconnect', () => Promise.reject(missing));
  await expect(loading).rejects.toMatchObject({
    code: 'ENVIRONMENT',
    hint: 'run `pnpm add @aws-sdk/client-kafkaconnect`',
  });
});

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

test('a trace is what follows the line that names the task, up to the next line with a level', () => {
  const head =
    '[Worker-0a1b] [2026-01-31 08:00:00,123] ERROR WorkerSinkTask{id=positions-sink-0} Task threw an uncaught exception';
  const events = [
    head,
    '[Worker-0a1b] org.apache.kafka.connect.errors.ConnectException: outer',
    '[Worker-0a1b] \tat a.b.C(C.java:1)\n[Worker-0a1b] Caused by: org.postgresql.util.PSQLException: ERROR: no',
    '[Worker-0a1b] [2026-01-31 08:00:01,000] INFO something else',
  ];
  expect(traceAfter(head, events)).toBe(
    'org.apache.kafka.connect.errors.ConnectException: outer\n\tat a.b.C(C.java:1)\nCaused by: org.postgresql.util.PSQLException: ERROR: no',
  );
});
