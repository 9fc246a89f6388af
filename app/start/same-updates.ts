import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectError } from '../../core/errors.ts';
import { fedStreams } from '../../pipeline/feed.ts';
import { originOfUpdates } from '../../producer/simulator/simulated-feed.ts';
import type { Session } from '../session.ts';
import { simulatedStream } from '../simulate.ts';
import { oracleFile } from '../verify.ts';
import type { FlowOptions } from './flow.ts';

/**
 * A start goes on with the updates of the one before, so they must be the same: of others, those that were never sent would count as
 * missing. Errors: USAGE for another seed, and for a feed whose fields or key have changed; then nothing was sent.
 */
export async function requireSameUpdates(
  session: Session,
  { seed, oracleFolder }: Pick<FlowOptions, 'seed' | 'oracleFolder'>,
): Promise<void> {
  await mkdir(oracleFolder, { recursive: true });
  for (const stream of fedStreams(session.streams)) {
    const { name } = stream;
    const file = join(oracleFolder, `${name}.origin`);
    const origin = originOfUpdates(simulatedStream(session, stream, undefined));
    const hasBegun = existsSync(file) && existsSync(oracleFile(oracleFolder, name));
    const [begunWith, begunFrom] = hasBegun ? (await readFile(file, 'utf8')).trim().split(' ') : [String(seed), origin];
    const change =
      begunWith === String(seed)
        ? `the fields or the key of its feed are no longer those of the rows that are there`
        : `the rows that are there are of seed ${begunWith}, and not of ${seed}`;
    if (begunWith !== String(seed) || begunFrom !== origin) {
      throw new ConnectError('USAGE', `the simulated updates of ${name} cannot go on: ${change}`, {
        hint: '`connect start --fresh` deletes the local data and begins anew; to keep them, let `connect simulate` and `connect produce` send',
      });
    }
    await writeFile(file, `${seed} ${origin}\n`);
  }
}
