import { expect, test } from 'vitest';
import type { Deployment } from '../../../../connectors/rest/rollback.ts';
import { rollBack } from '../../../../connectors/rest/rollback.ts';
import { ConnectError } from '../../../../core/errors.ts';
import { inMemoryWorker } from '../../../support/in-memory-worker.ts';
import { positions } from '../../../support/positions-stream.ts';

const failure = new ConnectError('REFUSED', 'positions-sink FAILED', { hint: 'run `connect migrate up`' });

/** A deploy that has created a connector on this cluster. */
const created = (remove: () => Promise<void>, wait: Partial<Deployment['wait']> = {}): Deployment => ({
  api: { ...inMemoryWorker().api, remove },
  desired: { stream: positions, config: {}, from: 'resume' },
  wait: { timeoutMs: 1_000, ...wait },
  members: async () => new Set(),
  before: undefined,
  entry: {
    kind: 'connector',
    name: '',
    action: 'create',
    outcome: 'created',
    summary: '',
    changes: [],
    effects: [],
    ignored: [],
    notes: [],
  },
  start: [],
});

test('a rollback keeps the cause and its hint, and says what it came to', async () => {
  expect(
    await rollBack(
      created(async () => {}),
      failure,
    ),
  ).toMatchObject({
    code: 'DEPLOY_FAILED',
    message: 'positions-sink FAILED\n  rolled back: the connector was removed again',
    hint: 'run `connect migrate up`',
  });
});

test('a rollback that fails itself is another error', async () => {
  const refuse = async () => {
    throw new ConnectError('REFUSED', 'not allowed');
  };
  expect(await rollBack(created(refuse), failure)).toMatchObject({
    code: 'ROLLBACK_FAILED',
    message: 'positions-sink FAILED\n  rolling back failed too: not allowed',
  });
});

test('nothing is put back when nothing was changed, when that is switched off, or after Ctrl-C', async () => {
  const touch = () => {
    throw new Error('touched');
  };
  const made = created(touch);
  const unchanged = { ...made, entry: { ...made.entry, outcome: 'unchanged' } } as const;
  expect(await rollBack(unchanged, failure)).toBe(failure);
  expect(await rollBack(created(touch, { rollback: false }), failure)).toBe(failure);
  expect(await rollBack(created(touch, { signal: AbortSignal.abort() }), failure)).toBe(failure);
});

test('a connector that is gone already counts as removed', async () => {
  const gone = async () => {
    throw new ConnectError('NOT_FOUND', 'no such connector');
  };
  expect(await rollBack(created(gone), failure)).toMatchObject({ code: 'DEPLOY_FAILED' });
});
