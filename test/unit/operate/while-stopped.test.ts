import { expect, test } from 'vitest';
import type { SinkHost } from '../../../connectors/host.ts';
import { deployedSink, type SinkAction } from '../../../operate/sink-action.ts';
import { changeState } from '../../../operate/sink-state.ts';
import { whileStopped } from '../../../operate/while-stopped.ts';
import { numberedMembers } from '../../support/in-memory-groups.ts';
import { createMskSink, type MskSink } from '../../support/msk/msk-sink.ts';
import { positions } from '../../support/positions-stream.ts';

const NAME = 'positions-sink';

interface OnMsk {
  readonly sink: MskSink;
  readonly action: SinkAction;
  readonly state: () => string | undefined;
}

/** A deployed sink on MSK Connect. `host` changes what its commands are run with. */
async function onMsk(host: (real: SinkHost) => SinkHost = (real) => real): Promise<OnMsk> {
  const sink = await createMskSink();
  const state = () => sink.fake.connectors.get(NAME)?.state;
  sink.groups.setMembers(() => numberedMembers(state() === 'RUNNING' ? 2 : 0));
  await sink.deploy();
  const { groups } = sink;
  const kafka = { brokers: ['127.0.0.1:1'] };
  return {
    sink,
    state,
    action: { stream: positions, host: host(sink.host()), groups, kafka, timeoutMs: 5_000, settleMs: 10 },
  };
}

const setTo =
  ({ action }: OnMsk, offset: bigint) =>
  () =>
    action.host.offsets.set(NAME, [{ topic: 'positions', partition: 0, offset }], action);

test('offsets on MSK Connect are moved between a delete and a create, and the sink runs again', async () => {
  const one = await onMsk();
  const before = await deployedSink(one.action);
  expect(await whileStopped(one.action, before, setTo(one, 7n))).toEqual({ state: 'RUNNING', stateBefore: 'RUNNING' });
  expect(one.sink.groups.committed()).toEqual({ 0: 7n });
  expect(one.state()).toBe('RUNNING');
  expect(one.sink.fake.calls.filter((call) => /^(Delete|Create)Connector$/.test(call))).toEqual([
    'CreateConnector',
    'DeleteConnector',
    'CreateConnector',
  ]);
});

test('a sink that was paused on MSK Connect stays stopped: a new connector would write before it is paused', async () => {
  const one = await onMsk();
  await changeState(one.action, 'PAUSED');
  const before = await deployedSink(one.action);
  expect(await whileStopped(one.action, before, setTo(one, 7n))).toEqual({ state: 'STOPPED', stateBefore: 'PAUSED' });
  expect(one.state()).toBeUndefined();
});

test('a change that fails brings the sink back all the same', async () => {
  const one = await onMsk();
  const before = await deployedSink(one.action);
  const change = () => Promise.reject(new Error('no'));
  await expect(whileStopped(one.action, before, change)).rejects.toThrow('no');
  expect(one.state()).toBe('RUNNING');
});

test('a stop that is refused on MSK Connect is told at once: nothing was changed, and nothing has to come back', async () => {
  const one = await onMsk();
  const denied = new Error('not authorized to perform: kafkaconnect:DeleteConnector');
  const action = { ...one.action, host: { ...one.action.host, stop: () => Promise.reject(denied) } };
  // The tasks of a sink that a record has stopped: who waits for them waits for ever.
  one.sink.groups.setMembers(numberedMembers(0));
  const before = await deployedSink(action);
  await expect(whileStopped(action, before, setTo(one, 7n))).rejects.toBe(denied);
  expect(one.state()).toBe('RUNNING');
});
