import { cpSync, writeFileSync } from 'node:fs';
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
