import { expect, test } from 'vitest';
import { placesOf, sdkOperations, sdkProblems } from '../../../support/msk/sdk-contract.ts';

const operation = (name: string) => {
  const found = sdkOperations.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no operation ${name}`);
  return found;
};

test("the SDK's exported schemas have the layout that the fake reads", () => {
  expect(sdkOperations).toHaveLength(21);
  const { method, segments, input } = operation('UpdateConnector');
  expect(`${method} /${segments.join('/')}`).toBe('PUT /v1/connectors/{connectorArn}');
  expect(placesOf(input)).toMatchObject({ connectorArn: 'path', currentVersion: 'query', plugins: 'body' });
});

test('what the schemas require, do not know or have another type for is a problem', () => {
  const { input } = operation('CreateWorkerConfiguration');
  expect(sdkProblems(input, { name: 'a', propertiesFileContent: 'YQ==', tags: { a: 'b' } })).toEqual([]);
  expect(sdkProblems(input, { name: 1, description: 'd', colour: 'red' })).toEqual([
    'CreateWorkerConfigurationRequest has no member colour',
    'CreateWorkerConfigurationRequest lacks propertiesFileContent',
    '.name is no string',
  ]);
  const connector = operation('CreateConnector').input;
  expect(sdkProblems(connector, {})).toHaveLength(9);
  expect(sdkProblems(operation('TagResource').input, { resourceArn: 'a', tags: { a: 1 } })).toEqual([
    '.tags is no map of texts',
  ]);
});
