/** Whose fault a failure is: one record's, or that of a part, which any record would have met. */
export type Fault = 'record' | 'registry' | 'database' | 'sink';

/** What an operator should know about a cause of failure. */
export interface KnownCause {
  readonly fault: Fault;
  /** Plain words where the exception's own say nothing to its reader. */
  readonly means?: string;
  readonly hint: string;
  /** It ends by itself when a part comes back that was away: trying again may be all that is needed. */
  readonly passes?: boolean;
}

interface CausePattern extends KnownCause {
  /** Matches the innermost exception, class name without package and message. */
  readonly cause: RegExp;
  /** Matches the whole trace as well, where the exception alone could mean anything. */
  readonly trace?: RegExp;
}

const ASKING = /io\.apicurio\.(registry\.)?rest\.client/;
const DECODING = /io\.apicurio\.registry\.(serde|utils\.converter)/;
const UNREADABLE =
  'offsets have not moved, nothing is lost; `connect quarantine` finds the record and moves it to the DLQ; find out what else writes to the topic, the producer only sends registered Avro';
const REFUSED_ROW =
  'offsets have not moved, nothing is lost; `connect quarantine` finds the record and moves it to the DLQ; the producer refuses such updates, so find out what else writes to the topic';

const MIGRATE = 'Where a migration is pending, `connect migrate up`, then `connect restart --failed`';

/** The specific before the general. The texts are those of PostgreSQL, Debezium 3.6, Hibernate 7 and Apicurio 2.6. */
const CAUSES: readonly CausePattern[] = [
  {
    fault: 'database',
    cause: /Could not find table|relation .* does not exist/i,
    hint: `${MIGRATE}; if the table exists, correct table.name or the schema search path, then \`connect deploy\``,
  },
  {
    fault: 'database',
    cause: /column .* does not exist|Cannot ALTER table|missing (the )?field/i,
    hint: `the table lacks a column that the sink writes. ${MIGRATE}. A column that was dropped comes back by a new migration only; or list the field in sink.omit, then \`connect deploy\``,
  },
  {
    fault: 'database',
    cause: /no unique or exclusion constraint matching/i,
    hint: `the table lacks the unique index of table.key; \`connect check --live\` says which one. ${MIGRATE}; where none is pending, \`connect key migration\` writes one`,
  },
  {
    fault: 'sink',
    cause: /cannot affect row a second time/i,
    hint: 'two records of one key met in one statement: use.reduction.buffer must be true with reWriteBatchedInserts; correct sink.config, then `connect deploy`',
  },
  {
    fault: 'database',
    cause:
      /password authentication failed|no password was provided|role .* does not exist|not permitted to log in|no pg_hba\.conf entry/i,
    hint: 'check worker.databaseUser and worker.databasePassword of the environment; the reference is resolved on the worker, not on this machine; then `connect deploy`',
  },
  {
    fault: 'database',
    cause:
      /unable to find valid certification path|path validation failed|PKIX path|Could not open SSL root certificate file|hostname .* could not be verified/i,
    means: "the worker does not know PostgreSQL's certificate",
    hint: 'name its authority by worker.databaseTls of the environment: ca, a file on the worker, or embeddedCa, a file of this project; the host name of the URL must stand in the certificate; then `connect deploy`',
  },
  {
    fault: 'database',
    cause: /server does not support SSL/i,
    hint: 'switch TLS on in PostgreSQL (ssl = on); where nobody else can listen, database.insecure: true does without; then `connect deploy`',
  },
  {
    fault: 'database',
    cause: /Authentication type .* was requested by the server|requireAuth/i,
    hint: 'PostgreSQL asks for the password in clear text: let pg_hba.conf ask by scram-sha-256; then `connect restart --failed`',
  },
  {
    fault: 'database',
    cause: /database .* does not exist/i,
    hint: 'check worker.databaseUrl of the environment, then `connect deploy`; or create the database, then `connect migrate up` and `connect restart --failed`',
  },
  {
    fault: 'database',
    cause: /permission denied/i,
    hint: 'let worker.databaseUser be a member of the group role that writes, by default GRANT <database>_sink TO <user>; `connect migrate up` gives that role its rights, and the migration of a table of your own calls grant_stream_rights(); then `connect restart --failed`',
  },
  {
    fault: 'record',
    cause:
      /value too long|out of range|numeric field overflow|violates (not-null|check|unique|foreign key|exclusion)|invalid (input|byte sequence)/i,
    hint: REFUSED_ROW,
  },
  {
    fault: 'record',
    cause: /artifactId cannot be null|Unknown magic byte/i,
    means: 'the value does not begin with the magic byte of registered Avro',
    hint: UNREADABLE,
  },
  {
    fault: 'record',
    cause: /^ContentNotFoundException|^ArtifactNotFoundException/i,
    means: 'the record names a schema id that the registry does not have',
    hint: 'check that worker.registryUrl is the registry the producer registers with, and that its data is not lost; an id that is only in this record is a case for `connect quarantine`',
  },
  {
    fault: 'registry',
    cause:
      /^(RestClientException|ConnectException|HttpTimeoutException|HttpConnectTimeoutException|ClosedChannelException|UnresolvedAddressException)/i,
    trace: ASKING,
    passes: true,
    means: 'the schema registry gave no usable answer',
    hint: 'check that the registry answers at worker.registryUrl of the environment, seen from the worker (`connect doctor` asks from here), then `connect restart --failed`; offsets have not moved, nothing is lost',
  },
  {
    fault: 'registry',
    cause: /./,
    trace: ASKING,
    means: 'the schema registry was asked, and gave no schema',
    hint: 'check worker.registryUrl, worker.registryAuth and worker.registryTls of the environment, seen from the worker; then `connect deploy`. Offsets have not moved, nothing is lost',
  },
  {
    fault: 'record',
    cause: /./,
    trace: DECODING,
    means: 'the value is not what its schema says',
    hint: UNREADABLE,
  },
  {
    fault: 'database',
    cause: /Unable to determine Dialect without JDBC metadata/i,
    means: 'no connection to PostgreSQL; the log of the worker says why',
    hint: 'check worker.databaseUrl, worker.databaseUser and worker.databasePassword of the environment, seen from the worker; then `connect deploy`',
  },
  {
    fault: 'database',
    cause: /This connection has been closed|I\/O error occurred while sending to the backend/i,
    means: 'PostgreSQL went away in the middle of a statement, or was silent for longer than socketTimeout',
    passes: true,
    hint: 'when PostgreSQL answers, `connect restart --failed` goes on where it stopped; a write that waits for a lock is silent too: see what holds it',
  },
  {
    fault: 'database',
    cause: /read-only transaction|(lock|statement|transaction) timeout|deadlock detected|could not serialize/i,
    passes: true,
    hint: 'PostgreSQL did not take writes for a while; when it does, `connect restart --failed` goes on where it stopped',
  },
  {
    fault: 'database',
    cause: /No space left on device|Disk quota exceeded|^PSQLException: out of (shared )?memory/i,
    passes: true,
    means: 'PostgreSQL has no room left',
    hint: "make room on PostgreSQL's machine, then `connect restart --failed` goes on where it stopped",
  },
  {
    fault: 'database',
    cause: /Could not find a server with specified targetServerType/i,
    means: 'none of the servers in worker.databaseUrl answers and takes writes',
    passes: true,
    hint: 'check them, seen from the worker (`connect doctor` asks from here), then `connect restart --failed`, which goes on where it stopped',
  },
  {
    fault: 'database',
    cause: /too many (clients|connections)|connection slots are reserved/i,
    passes: true,
    hint: 'end sessions that nobody needs, or raise max_connections; then `connect restart --failed` goes on where it stopped. docs/faults.md tells how to keep slots for the sinks',
  },
  {
    fault: 'database',
    cause:
      /refused|UnknownHost|timed? ?out|No route to host|connection attempt failed|terminating connection|starting up|shutting down|recovery mode|not (yet|currently) accepting connections/i,
    passes: true,
    hint: 'check that PostgreSQL answers at worker.databaseUrl, seen from the worker (`connect doctor` asks from here), then `connect restart --failed`, which goes on where it stopped',
  },
  {
    fault: 'sink',
    cause: /ClassNotFound|NoClassDefFound|could not be found|Failed to find any class/i,
    hint: 'the plugin is not on the worker: put what `connect plugin build` makes on its plugin.path, start the worker again, then `connect deploy`; `connect doctor` lists what is missing',
  },
];

/** What is known about a cause; undefined when it is news to us. */
export const knownCause = (cause: string, trace: string): KnownCause | undefined =>
  CAUSES.find((known) => known.cause.test(cause) && (known.trace === undefined || known.trace.test(trace)));
