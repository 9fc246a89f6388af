import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { produce } from '../../../app/produce.ts';
import { openEnvironment, openProject } from '../../../app/session.ts';
import { silentLogger } from '../../../core/log.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { scratchFolder } from '../../support/scratch.ts';

test('what each stream failed of is told, not the first alone', async () => {
  const root = scratchFolder();
  for (const part of ['connect.yaml', 'connectors', 'schemas'])
    cpSync(join(packageRoot(), part), join(root, part), { recursive: true });
  const { context } = capturedContext({ cwd: root });
  const run = (...only: string[]) =>
    produce(openEnvironment(openProject(context), 'compose', { ...context, only }), { loggerOf: () => silentLogger });
  for (const schema of ['position-update.avsc', 'funding-payment.avsc'])
    writeFileSync(join(root, 'schemas', schema), 'no JSON');
  await expect(run('positions', 'funding_payments')).rejects.toMatchObject({
    message: expect.stringMatching(/^(?=.*positions: .*position-update)(?=.*funding_payments: .*funding-payment)/),
    details: { streams: [{ stream: expect.any(String), error: { code: 'INVALID_DEFINITION' } }, {}] },
  });
  await expect(run('positions')).rejects.toMatchObject({ message: expect.not.stringMatching(/^positions: /) });
});

test('a stream whose upsert key holds the time or the slot of an update is read at finalized only', async () => {
  const root = scratchFolder();
  for (const part of ['connect.yaml', 'connectors', 'schemas'])
    cpSync(join(packageRoot(), part), join(root, part), { recursive: true });
  const path = join(root, 'connectors', 'positions.yaml');
  const { context } = capturedContext({ cwd: root });
  const run = (key: string, commitment: 'processed' | 'confirmed') => {
    writeFileSync(path, definition.replace('key: [position_account, signature]', key));
    return produce(openEnvironment(openProject(context), 'compose', { ...context, only: ['positions'] }), {
      commitment,
    });
  };
  const definition = readFileSync(path, 'utf8');
  const partitioned = 'key: [position_account, signature, block_time]\n  partition: { by: block_time, every: day }';
  await expect(run(partitioned, 'confirmed')).rejects.toMatchObject({
    code: 'USAGE',
    message: 'positions cannot be read at confirmed: its upsert key holds block_time',
  });
  await expect(run('key: [slot, position_account, signature]', 'processed')).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('holds slot'),
  });
});
