import { expect, test } from 'vitest';
import { deployEach } from '../../../app/deploy-each.ts';
import { ConnectError } from '../../../core/errors.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { positions } from '../../support/positions-stream.ts';

const failed = new ConnectError('DEPLOY_FAILED', 'positions-sink FAILED\n  rolled back', { hint: 'migrate' });
const worse = new ConnectError('ROLLBACK_FAILED', 'trades-sink FAILED\n  rolling back failed too');
const stream = (name: string): StreamDefinition => ({ ...positions, sink: { ...positions.sink, name } });
const streams = ['funding-sink', 'positions-sink', 'trades-sink'].map(stream);

/** Deploys all but those that fail, and remembers who was begun. */
const deployer = (errors: Readonly<Record<string, unknown>>, begun: string[] = []) => {
  return async ({ sink: { name } }: StreamDefinition) => {
    begun.push(name);
    await Promise.resolve();
    if (errors[name] !== undefined) throw errors[name];
    return { connector: name, outcome: 'updated' as const };
  };
};

test('one after the other, the failure of a sink says what became of the others, and keeps its code and hint', async () => {
  const begun: string[] = [];
  await expect(deployEach(streams, false, deployer({ 'positions-sink': failed }, begun))).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    exitCode: 4,
    hint: 'migrate',
    message: 'positions-sink FAILED\n  rolled back\n  done: funding-sink updated\n  not begun: trades-sink',
    details: { done: [{ connector: 'funding-sink', outcome: 'updated' }], notBegun: ['trades-sink'] },
  });
  expect(begun).toEqual(['funding-sink', 'positions-sink']);
});

test('side by side all are begun at once and go to their end, and the worst failure is the error', async () => {
  const begun: string[] = [];
  const errors = { 'positions-sink': failed, 'trades-sink': worse };
  await expect(deployEach(streams, true, deployer(errors, begun))).rejects.toMatchObject({
    code: 'ROLLBACK_FAILED',
    exitCode: 5,
    message: expect.stringMatching(
      /^trades-sink FAILED\n.*\n {2}failed too: positions-sink FAILED\n.*\n {2}done: funding-sink updated$/,
    ),
    details: { failed: [{ code: 'DEPLOY_FAILED' }], done: [{ connector: 'funding-sink' }], notBegun: [] },
  });
  expect(begun).toEqual(['funding-sink', 'positions-sink', 'trades-sink']);
});

test('what was deployed stands in the order of the streams', async () => {
  const late = async (one: StreamDefinition) => {
    if (one.sink.name === 'funding-sink') await new Promise((resolve) => setTimeout(resolve, 20));
    return { connector: one.sink.name, outcome: 'created' as const };
  };
  expect((await deployEach(streams, true, late)).map(({ connector }) => connector)).toEqual(
    streams.map(({ sink }) => sink.name),
  );
});

test.each([true, false])(
  'a sink that is deployed alone fails in its own words (side by side: %s)',
  async (sideBySide) => {
    await expect(
      deployEach([stream('positions-sink')], sideBySide, deployer({ 'positions-sink': failed })),
    ).rejects.toBe(failed);
  },
);
