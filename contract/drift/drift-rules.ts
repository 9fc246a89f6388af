/** What `check --live` calls a difference between the files and what runs; documented like the other rules. */
export const DRIFT_RULES = [
  {
    id: 'DRIFT_MIGRATION',
    what: 'The database has run exactly the migrations of the project.',
    why: 'Columns are missing, or there are some that no file knows.',
  },
  {
    id: 'DRIFT_TABLE',
    what: "The stream's table and view are in the database.",
    why: 'The sink fails on its first record; readers find nothing.',
  },
  {
    id: 'DRIFT_COLUMN',
    what: 'Each column of the table has the type, NULL and default that the migrations give it.',
    why: 'Somebody altered the table by hand: what the offline check proves does not hold there.',
  },
  {
    id: 'DRIFT_INDEX',
    what: "The table's unique indexes are those of the migrations, and valid.",
    why: 'Without the upsert key the task fails; with one more, PostgreSQL refuses rows.',
  },
  {
    id: 'DRIFT_CHECK',
    what: "The table's CHECKs are those of the migrations.",
    why: 'PostgreSQL refuses rows that the producer lets pass.',
  },
  {
    id: 'DRIFT_TRIGGER',
    what: 'The triggers, functions, rewrite rules, exclusion constraints and row security of the table and of its rollup are those of the migrations, and enabled.',
    why: 'Rows are dropped, changed or refused, or the views no longer follow the history, while every file is right. An interrupted `pg_restore --disable-triggers` leaves them off.',
  },
  {
    id: 'DRIFT_PRIVILEGE',
    what: "The sink's role is there and may write the table, its sequence and its rollup.",
    why: 'PostgreSQL refuses every row (SQLSTATE 42501), and the task fails.',
  },
  {
    id: 'DRIFT_SESSION',
    what: "The database is no standby, and neither role, database nor server gives the sink's sessions a setting that `SESSION_SETTING` refuses in the URL.",
    why: 'Rows are refused, lost in a crash or written without the rollup; or a task fails when a commit waits.',
  },
  {
    id: 'DRIFT_SCHEMA',
    what: "The newest registered version of the stream's subject is the schema of the project.",
    why: 'The producer refuses to start with a schema that is not registered.',
  },
  {
    id: 'DRIFT_COMPATIBILITY',
    what: 'The registry holds the subject to BACKWARD_TRANSITIVE or stricter.',
    why: 'A version that breaks consumers could be registered past this check.',
  },
  {
    id: 'DRIFT_CONNECTOR',
    what: 'The connector exists on the Connect cluster.',
    why: 'Nothing is written.',
  },
  {
    id: 'DRIFT_SETTING',
    what: 'The running configuration of the connector is the rendered one, key by key.',
    why: 'Somebody changed it by hand, or a change was not deployed.',
  },
  {
    id: 'DRIFT_PLUGIN',
    what: 'The Connect cluster has the sink and the converter in the versions the rules were made for.',
    why: 'Settings may be unknown there, or mean something else.',
  },
  {
    id: 'DRIFT_ROLLOUT',
    what: 'No part runs ahead of one it depends on: migration → schema → connector → producer.',
    why: 'The sink meets fields the table lacks and fails now or with the next record.',
  },
] as const;

export type DriftRule = (typeof DRIFT_RULES)[number]['id'];
