import { expect, test, vi } from 'vitest';
import type { ObservedSink, RunState } from '../../../../connectors/sink-config.ts';
import type { FailedPart } from '../../../../connectors/wait/failure.ts';
import type { SinkEvent } from '../../../../connectors/wait/wait.ts';
import { waitUntilHeld } from '../../../../connectors/wait/wait-until-held.ts';
import { waitUntilRunning } from '../../../../connectors/wait/wait-until-running.ts';
import { ConnectError } from '../../../../core/errors.ts';
import { positions as stream } from '../../../support/positions-stream.ts';

const sink = (connector: RunState, task: RunState = connector, trace = 'it cannot be stored'): ObservedSink => ({
  name: 'positions-sink',
  config: {},
  state: connector,
  worker: 'w',
  tasks: [{ id: 0, state: task, worker: 'w', ...(task === 'FAILED' ? { trace } : {}) }],
  expectedTasks: 1,
  decidedByHost: [],
});

/** A host that shows one look after the other, the last one for ever. */
const showing = (...looks: readonly (ObservedSink | undefined | Error)[]) => {
  const rest = [...looks];
  return async () => {
    const shown = rest.length > 1 ? rest.shift() : rest[0];
    if (shown instanceof Error) throw shown;
    return shown;
  };
};

const wanted = (observe: () => Promise<ObservedSink | undefined>) => ({ stream, observe, expectedTasks: 1 });
const wait = { timeoutMs: 5_000, settleMs: 50, pollMs: 1 };

test('a sink that runs and stays so is waited for, through moments in which the host says nothing', async () => {
  const observe = showing(
    undefined,
    new ConnectError('NOT_READY', 'rebalancing'),
    sink('UNASSIGNED'),
    new ConnectError('NOT_FOUND', 'gone for a moment'),
    sink('RUNNING'),
  );
  const events: SinkEvent[] = [];
  const began = Date.now();
  const { sink: found, restarts } = await waitUntilRunning(wanted(observe), {
    ...wait,
    onEvent: (event) => void events.push(event),
  });
  expect(found.state).toBe('RUNNING');
  expect(restarts).toBe(0);
  expect(Date.now() - began).toBeGreaterThanOrEqual(50);
  expect(events).toEqual([
    { kind: 'waiting', running: 0, expected: 1 },
    { kind: 'waiting', running: 1, expected: 1 },
  ]);
});

test('a refusal of the host ends the wait at once', async () => {
  const refused = new ConnectError('REFUSED', 'who are you?');
  await expect(waitUntilRunning(wanted(showing(refused)), wait)).rejects.toBe(refused);
});

test('what fails is started again as often as allowed, then it is an error that names the cause', async () => {
  let times = 0;
  const observe = async () => sink('RUNNING', 'FAILED', `failure ${times}`);
  const restarts = {
    allowed: 1,
    restart: async () => {
      times += 1;
    },
  };
  await expect(waitUntilRunning({ ...wanted(observe), restarts }, wait)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining('does not run: FAILED and failed again after 1 restart'),
    hint: expect.stringContaining('connect restart --failed'),
  });
  expect(times).toBe(1);
});

test('what fails because a part is away is started again until it is back', async () => {
  const away = 'org.postgresql.util.PSQLException: FATAL: the database system is starting up';
  const observe = showing(
    sink('RUNNING', 'FAILED', `${away} 1`),
    sink('RUNNING', 'FAILED', `${away} 2`),
    sink('RUNNING'),
  );
  const restart = vi.fn(async () => {});
  const when = (failures: readonly FailedPart[]) => failures.every(({ passes }) => passes === true);
  const reached = await waitUntilRunning({ ...wanted(observe), restarts: { when, restart } }, wait);
  expect(reached).toMatchObject({ restarts: 2, sink: { state: 'RUNNING' } });
  expect(restart).toHaveBeenCalledTimes(2);
});

test('what will not pass by itself is not started again, and the cause stands in the error', async () => {
  const observe = showing(sink('RUNNING', 'FAILED', 'org.postgresql.util.PSQLException: value too long'));
  const restart = vi.fn(async () => {});
  const when = (failures: readonly FailedPart[]) => failures.every(({ passes }) => passes === true);
  await expect(waitUntilRunning({ ...wanted(observe), restarts: { when, restart } }, wait)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining('value too long'),
  });
  expect(restart).not.toHaveBeenCalled();
});

test('a sink that comes up too slowly is a time-out with the number of its tasks', async () => {
  await expect(waitUntilRunning(wanted(showing(sink('UNASSIGNED'))), { ...wait, timeoutMs: 50 })).rejects.toMatchObject(
    {
      code: 'TIMEOUT',
      message: 'positions-sink does not run after 0.05 s: 0 of 1 tasks are RUNNING',
    },
  );
});

test('Ctrl-C ends a wait', async () => {
  const signal = AbortSignal.abort(new ConnectError('INTERRUPTED', 'interrupted'));
  await expect(waitUntilRunning(wanted(showing(undefined)), { ...wait, signal })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});

test('a sink is stopped once its consumers are gone, and paused while they stay', async () => {
  const members = vi.fn(async () => new Set<string>()).mockResolvedValueOnce(new Set(['consumer-1']));
  const name = 'positions-sink';
  await waitUntilHeld({ name, observe: showing({ ...sink('STOPPED'), tasks: [] }), members }, 'STOPPED', wait);
  expect(members).toHaveBeenCalledTimes(2);
  const staying = async () => new Set(['consumer-1']);
  const paused = await waitUntilHeld({ name, observe: showing(sink('PAUSED')), members: staying }, 'PAUSED', wait);
  expect(paused.state).toBe('PAUSED');
  await expect(
    waitUntilHeld({ name, observe: showing(sink('RUNNING')), members: staying }, 'PAUSED', { ...wait, timeoutMs: 50 }),
  ).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('positions-sink to be PAUSED') });
});
