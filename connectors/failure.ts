import type { ConnectorStatus, RunState } from './targets/target.ts';

/** Where a record stands: `topic-partition@offset`. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** What a Java stack trace is really about. */
export interface Failure {
  /** Innermost cause without Java's packaging: `PSQLException: column "x" of relation "positions" does not exist`. */
  readonly cause: string;
  /** The record, when the trace names it. */
  readonly record?: RecordPlace;
  /** What to do about a cause that is known. */
  readonly hint?: string;
}

/** A failed connector (`task` undefined) or task. */
export interface FailedPart extends Failure {
  readonly task?: number;
  readonly worker: string;
}

export const formatRecord = ({ topic, partition, offset }: RecordPlace): string => `${topic}-${partition}@${offset}`;

/** Everything that has FAILED; empty when nothing has. */
export function failuresOf(status: ConnectorStatus): FailedPart[] {
  const parts: { state: RunState; worker: string; trace?: string; task?: number }[] = [
    status,
    ...status.tasks.map((task) => ({ ...task, task: task.id })),
  ];
  return parts
    .filter(({ state }) => state === 'FAILED')
    .map(({ worker, trace, task }) => ({
      ...explainTrace(trace ?? ''),
      worker,
      ...(task === undefined ? {} : { task }),
    }));
}

/** Reads the real reason out of a stack trace. */
export function explainTrace(trace: string): Failure {
  const causes = trace.split(/^Caused by: /m).map(headline);
  const innermost = causes.findLast((cause) => cause !== '') ?? '';
  const record = findRecord(trace);
  const hint = KNOWN_CAUSES.find(({ pattern }) => pattern.test(innermost) || pattern.test(causes.join('\n')))?.hint;
  return {
    cause: innermost === '' ? 'no reason given; see the log of the worker' : readable(innermost),
    ...(record === undefined ? {} : { record }),
    ...(hint === undefined ? {} : { hint }),
  };
}

const MAX_CAUSE_LENGTH = 600;

/** The message above the frames. PostgreSQL's has several lines: DETAIL and HINT belong to it, the position in the SQL does not. */
function headline(part: string): string {
  const lines: string[] = [];
  for (const line of part.split('\n')) {
    if (/^\s+(at |\.\.\. \d+ (more|common))/.test(line) || /^\s*Suppressed: /.test(line)) break;
    const text = line.trim();
    if (text !== '' && !/^(Position|Where|Location|File|Routine|Line|Server SQLState): /.test(text)) lines.push(text);
  }
  return lines.join(' ');
}

function readable(cause: string): string {
  const text = cause
    // org.postgresql.util.PSQLException: → PSQLException:
    .replace(/^(?:[a-z][\w$]*\.)+([A-Z][\w$]*)/, '$1')
    .replace(/^(\w+): (?:ERROR|FATAL): /, '$1: ')
    .replace(/ Call getNextException to see other errors in the batch\.?/, '');
  return text.length <= MAX_CAUSE_LENGTH ? text : `${text.slice(0, MAX_CAUSE_LENGTH)} …`;
}

function findRecord(trace: string): RecordPlace | undefined {
  const match = /topic '([^']+)' partition (\d+) at offset (\d+)/.exec(trace);
  if (match === null) return undefined;
  const [, topic = '', partition = '', offset = ''] = match;
  return { topic, partition: Number(partition), offset: BigInt(offset) };
}

/** Causes an operator meets, the specific before the general. */
const KNOWN_CAUSES: readonly { readonly pattern: RegExp; readonly hint: string }[] = [
  {
    pattern:
      /(column|relation|table) .* does not exist|undefined (column|table)|Could not find table|Cannot alter table|missing (the )?field/i,
    hint: 'the table is behind the definition: run `connect migrate up`, then deploy again',
  },
  {
    pattern: /no unique or exclusion constraint matching/i,
    hint: 'table.key of the definition must be the columns of a unique index of the table',
  },
  {
    pattern: /password authentication failed|no password was provided|role .* does not exist/i,
    hint: 'check worker.databaseUser and worker.databasePassword of the environment; the worker resolves the reference, not this machine',
  },
  {
    pattern: /database .* does not exist/i,
    hint: 'check worker.databaseUrl of the environment; `connect migrate up` needs the database to exist',
  },
  {
    pattern: /permission denied/i,
    hint: 'grant the user of worker.databaseUser SELECT, INSERT and UPDATE on the table and USAGE on its sequence',
  },
  {
    pattern: /value too long|out of range|numeric field overflow|violates (not-null|check)/i,
    hint: 'the table refuses a record that the producer should have refused; offsets have not moved, nothing is lost',
  },
  {
    pattern: /Could not resolve (placeholder|variable)|Config(uration)? ?Provider|Could not read properties from file/i,
    hint: 'the worker could not resolve a reference; check its config.providers and the variable or file it names',
  },
  {
    pattern:
      /Unknown magic byte|ArtifactNotFound|No content with id|Error deserializing|AvroTypeException|Malformed data|SerializationException/i,
    hint: 'a record is not in the registered Avro format; offsets have not moved, nothing is lost. Check what else writes to the topic',
  },
  {
    pattern: /apicurio|RestClient|registry/i,
    hint: 'check that the schema registry answers at worker.registryUrl of the environment, seen from the worker',
  },
  {
    pattern: /ClassNotFound|NoClassDefFound|could not be found|Failed to find any class/i,
    hint: 'the plugin is not on the worker; check its plugin.path',
  },
  {
    pattern:
      /Connection.* refused|UnknownHost|connect timed out|No route to host|connection attempt failed|too many (clients|connections)/i,
    hint: 'check that the address answers, seen from the worker; restarted tasks go on where they stopped',
  },
];
