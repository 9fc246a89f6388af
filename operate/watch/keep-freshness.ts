import { ConnectError } from '../../core/errors.ts';
import { type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { FRESHNESS_TABLE, readFreshness, writeFreshness } from '../freshness/freshness-table.ts';
import { type Freshness, type FreshnessFacts, judgeFreshness } from '../freshness/judge-freshness.ts';

/** What one look says of the streams, by name; all but what was known before. */
export type SeenFreshness = ReadonlyMap<string, Omit<FreshnessFacts, 'known'>>;

interface FreshnessOptions {
  readonly database: PostgresConnection;
  /** Hears once why the rows cannot be written, and again after they could. */
  readonly onUnwritten: (error: string, hint: string | undefined) => void;
}

/** The end of a watch waits so long for a row that is being written. */
const CLOSE_MS = 5_000;

/** Keeps the rows of `stream_freshness`. Nothing waits for it, and its failures stop nothing. */
export function createFreshnessKeeper({ database, onUnwritten }: FreshnessOptions) {
  const last = new Map<string, Freshness>();
  let work: Promise<void> | undefined;
  let told = '';

  const judge = (seen: SeenFreshness, known: ReadonlyMap<string, Freshness>): ReadonlyMap<string, Freshness> => {
    const found = [...seen].map(
      ([name, facts]) => [name, judgeFreshness({ ...facts, known: known.get(name) })] as const,
    );
    for (const [name, freshness] of found) last.set(name, freshness);
    return new Map(found);
  };

  async function write(seen: SeenFreshness): Promise<void> {
    try {
      await withPostgres(database, async (client) => {
        await client.query(`SET statement_timeout = '5s'; SET lock_timeout = '1s'`);
        await writeFreshness(client, judge(seen, await readFreshness(client, [...seen.keys()])));
      });
      told = '';
    } catch (error) {
      // What can be said without the row is said.
      judge(seen, last);
      const said = unwritten(database, error);
      if (said !== undefined && said.message !== told) onUnwritten(said.message, said.hint);
      told = said?.message ?? told;
    }
  }

  return {
    /** Begins to write what a look has found; `own`: the streams that this watch may write of. */
    begin(seen: SeenFreshness, own: ReadonlySet<string>): void {
      judge(new Map([...seen].filter(([name]) => !own.has(name))), last);
      const written = new Map([...seen].filter(([name]) => own.has(name)));
      if (work !== undefined || written.size === 0) return;
      work = write(written).finally(() => {
        work = undefined;
      });
    },
    of: (stream: string): Freshness | undefined => last.get(stream),
    /** Waits a while for what is being written. */
    async close(): Promise<void> {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([work, late]);
      clearTimeout(timer);
    },
  };
}

/** What to say, and what to do about it; undefined for a database that is away or takes no writes, of which an incident tells. */
function unwritten({ user, login }: PostgresConnection, error: unknown): { message: string; hint: string } | undefined {
  const { code } = ((error as { cause?: unknown }).cause ?? error) as { code?: unknown };
  const message = `the rows of stream_freshness cannot be written: ${ConnectError.from(error).message}`;
  if (code === '42501')
    return { message, hint: `GRANT SELECT, INSERT, UPDATE ON ${FRESHNESS_TABLE} TO "${login?.group ?? user}"` };
  if (code !== '42P01') return undefined;
  return {
    message,
    hint: '`connect migrate up` makes the table; `connect upgrade` brings its migration into a project that lacks it',
  };
}
