import { join } from 'node:path';
import { inTurn } from '../core/in-turn.ts';
import { waitUntilCaughtUp } from '../operate/catch-up.ts';
import { type VerifyReport, verifyStream } from '../operate/verify.ts';
import { shownDifference } from '../operate/verify-report.ts';
import type { Session } from './session.ts';

export type { VerifyReport };

/** What a verification compares. */
export interface VerifyOptions {
  /** Absolute path of a folder that holds `<stream>.ndjson` of each stream: what its simulated feed sent. */
  readonly oracleFolder?: string | undefined;
  /** First wait so many milliseconds until the sinks have written what is in the topics now; only that is compared. */
  readonly waitMs?: number | undefined;
  /** Samples hold keys and values of rows. Default: false. */
  readonly showValues?: boolean;
}

/** A statement may read a whole history, which takes a while. */
const HISTORY_MS = 3_600_000;

/**
 * Proves that topic and table agree, one stream after the other. Differences are no error: each report counts them in `differences`. Errors: UNREACHABLE and
 * REFUSED of Kafka, registry and database; TIMEOUT of `waitMs`; INTERRUPTED.
 */
export async function verify(
  session: Session,
  { oracleFolder, waitMs, showValues = false }: VerifyOptions = {},
): Promise<VerifyReport[]> {
  const { kafka, signal } = session;
  const database = { ...session.asReader, readOnly: { statementTimeoutMs: HISTORY_MS } };
  const decoder = await session.decoder();
  return inTurn(session.streams, async (stream) => {
    const ends =
      waitMs === undefined
        ? undefined
        : await waitUntilCaughtUp({ stream, host: await session.host(), kafka }, { timeoutMs: waitMs, signal });
    const schema = session.schema(stream);
    const report = await verifyStream({
      stream,
      schema,
      kafka,
      database,
      decoder: decoder.of(schema.name),
      signal,
      ends,
      oraclePath: oracleFolder === undefined ? undefined : oracleFile(oracleFolder, stream.name),
    });
    return { ...report, samples: report.samples.map((one) => shownDifference(one, showValues)) };
  });
}

/** Where the simulated feed of a stream writes down what it sent. */
export const oracleFile = (folder: string, stream: string): string => join(folder, `${stream}.ndjson`);
