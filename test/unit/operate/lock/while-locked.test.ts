import { expect, test } from 'vitest';
import { ConnectError } from '../../../../core/errors.ts';
import type { ClaimLog } from '../../../../operate/lock/claim.ts';
import type { Moment } from '../../../../operate/lock/live-claims.ts';
import { createLock } from '../../../../operate/lock/lock.ts';
import { whileLocked } from '../../../../operate/lock/while-locked.ts';
import { inMemoryClaims } from '../../../support/in-memory-claims.ts';
import { inMemoryWorker } from '../../../support/in-memory-worker.ts';
import { positions } from '../../../support/positions-stream.ts';

const NAME = 'positions-sink';
const KAFKA = { brokers: ['127.0.0.1:1'] };

const lockOf = (log: ClaimLog, clock?: () => Moment) => createLock({ log, name: NAME, owner: 'bob', clock });

function sinkAction() {
  const worker = inMemoryWorker();
  worker.connectors.set(NAME, { config: { 'tasks.max': '1' }, state: 'RUNNING' });
  const notes: string[] = [];
  const onEvent = (event: { readonly kind: string; readonly text?: string }) => notes.push(event.text ?? event.kind);
  return { worker, notes, action: { stream: positions, kafka: KAFKA, host: worker.host, timeoutMs: 0, onEvent } };
}

const failing = (error: ConnectError): ClaimLog => ({
  read: () => Promise.reject(error),
  write: () => Promise.reject(error),
});

test('nobody else can take the lock while an action goes on, and everybody can after it', async () => {
  const claims = inMemoryClaims();
  const { action } = sinkAction();
  const other = lockOf(claims.reader());
  await whileLocked(
    action,
    'connect pause',
    async () => expect(await other.holder()).toMatchObject({ purpose: 'connect pause' }),
    lockOf(claims.reader()),
  );
  expect(await other.holder()).toBeUndefined();
});

test('is not done while another one has the lock, who is named', async () => {
  const claims = inMemoryClaims();
  await createLock({ log: claims.reader(), name: NAME, owner: 'alice' }).tryTake('connect deploy');
  const { action, worker, notes } = sinkAction();
  const pause = whileLocked(action, 'connect pause', ({ host }) => host.pause(NAME, action), lockOf(claims.reader()));
  await expect(pause).rejects.toMatchObject({ code: 'NOT_READY', message: expect.stringContaining('alice') });
  expect(worker.calls).toEqual([]);
  expect(notes).toEqual([expect.stringContaining('waits for connect deploy of alice')]);
});

test('writes no more once it was frozen for longer than it may act', async () => {
  let ms = 0;
  const { action, worker } = sinkAction();
  const lock = lockOf(inMemoryClaims().reader(), () => ({ wall: ms, steady: ms }));
  const frozen = whileLocked(
    action,
    'connect restart',
    async ({ host }) => {
      await host.pause(NAME, action);
      ms += 15_001;
      await host.resume(NAME, action);
    },
    lock,
  );
  await expect(frozen).rejects.toMatchObject({ code: 'UNSAFE' });
  expect(worker.calls).toEqual(['pause']);
});

test.each(['UNREACHABLE', 'TIMEOUT', 'REFUSED'] as const)(
  'what a person asks for is done all the same, and says so, where the lock is out of reach (%s)',
  async (code) => {
    const { action, worker, notes } = sinkAction();
    const log = failing(new ConnectError(code, 'Kafka says no'));
    await whileLocked(action, 'connect pause', ({ host }) => host.pause(NAME, action), lockOf(log));
    expect(worker.calls).toEqual(['pause']);
    expect(notes).toEqual([expect.stringMatching(/goes on without the lock.*Kafka says no/)]);
  },
);

test('needs no lock before there is a topic that could hold it', async () => {
  const { action, notes } = sinkAction();
  const log = failing(new ConnectError('NOT_FOUND', 'no such topic'));
  expect(await whileLocked(action, 'connect delete', async () => 'done', lockOf(log))).toBe('done');
  expect(notes).toEqual([]);
});
