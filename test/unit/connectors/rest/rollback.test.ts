import { describe, expect, it } from 'vitest';
import { removeIfThere } from '../../../../connectors/rest/apply-change.ts';
import { restorable, rollBack } from '../../../../connectors/rest/rollback.ts';
import type { ConnectTarget } from '../../../../connectors/targets/target.ts';
import { ConnectError } from '../../../../core/errors.ts';
import { positions } from '../../../support/positions-stream.ts';

const removing = (remove: ConnectTarget['remove']): ConnectTarget => ({ remove }) as ConnectTarget;
const failure = new ConnectError('REFUSED', 'positions-sink FAILED', { hint: 'run `connect migrate up`' });
const options = (target: ConnectTarget) => ({ target, stream: positions, config: {}, timeoutMs: 1_000 });
const created = { live: undefined, before: undefined, outcome: 'created' as const };

describe('rolling back', () => {
  it('never saves a mask over a secret', () => {
    const live = { 'connection.password': '********', 'batch.size': '7', token: '[hidden]' };
    const desired = { 'connection.password': '$' + '{env:PASSWORD}', 'batch.size': '5000' };
    expect(restorable(live, desired)).toEqual({
      'connection.password': '$' + '{env:PASSWORD}',
      'batch.size': '7',
      token: '[hidden]',
    });
  });

  it('keeps the cause and its hint, and says what it came to', async () => {
    const error = await rollBack(options(removing(async () => {})), created, failure);
    expect(error).toMatchObject({
      code: 'DEPLOY_FAILED',
      message: 'positions-sink FAILED\n  rolled back: the connector was removed again',
      hint: 'run `connect migrate up`',
    });
  });

  it('is another error when it fails itself', async () => {
    const target = removing(async () => {
      throw new ConnectError('REFUSED', 'not allowed');
    });
    expect(await rollBack(options(target), created, failure)).toMatchObject({
      code: 'ROLLBACK_FAILED',
      message: 'positions-sink FAILED\n  rolling back failed too: not allowed',
    });
  });

  it('is not done when nothing was changed, when it is switched off, or after Ctrl-C', async () => {
    const target = removing(() => {
      throw new Error('touched');
    });
    expect(await rollBack(options(target), { ...created, outcome: 'unchanged' }, failure)).toBe(failure);
    expect(await rollBack({ ...options(target), rollback: false }, created, failure)).toBe(failure);
    expect(await rollBack({ ...options(target), signal: AbortSignal.abort() }, created, failure)).toBe(failure);
  });

  it('takes a connector that is gone already for removed', async () => {
    const gone = removing(async () => {
      throw new ConnectError('NOT_FOUND', 'no such connector');
    });
    await expect(removeIfThere(gone, 'positions-sink')).resolves.toBeUndefined();
  });
});
