/** Role and database of the pipeline. */
export const PIPELINE_DATABASE = 'perps';

/** Arguments of `initdb`: no locale of the host decides how text sorts. */
export const INITDB_ARGUMENTS = ['--encoding=UTF8', '--locale=C'] as const;

/** Server settings that hold wherever PostgreSQL runs; `name=value` each. */
export const SERVER_SETTINGS = [
  'max_connections=100',
  'log_timezone=UTC',
  'log_line_prefix=%m [%p] %q%u@%d ',
  'log_checkpoints=off',
  // A forgotten transaction would hold up the sinks for ever.
  'idle_in_transaction_session_timeout=10min',
] as const;
