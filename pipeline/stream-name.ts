/** Names of streams: they become topics, tables and file names. */
const STREAM_NAME = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;

/** A table's triggers carry its name, and PostgreSQL cuts what is longer than 63 characters. */
const LONGEST = 42;

/** What PostgreSQL takes for no table's name without quotes; the sink writes none. */
const SQL_WORDS = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently
  constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user default
  deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner
  intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order
  outer overlaps placing primary references returning right select session_user similar some symmetric system_user table tablesample then
  to trailing true union unique user using variadic verbose when where window with`.split(/\s+/),
);

/** Whether SQL keeps a word for itself, so that nothing is called so without quotes. */
export const isSqlWord = (word: string): boolean => SQL_WORDS.has(word);

/** The file and the messages that every feed has (schemas/feed.proto). */
const FEED_WORDS = new Set([
  'feed',
  'update_filter',
  'subscribe_request',
  'slot_notice',
  'ping',
  'get_replay_info_request',
  'get_replay_info_response',
  'commitment',
]);

/** Why a word cannot name a new stream, or undefined when it can. */
export function problemOfStreamName(name: string): string | undefined {
  if (!STREAM_NAME.test(name))
    return 'lower-case words joined by underscores, for example funding_payments: it becomes topic, table and file names';
  if (name.length > LONGEST) return `at most ${LONGEST} characters: the names of the table's triggers begin with it`;
  if (isSqlWord(name)) return `it is a word of SQL, so it can name no table; ${name}s or my_${name} can`;
  if (FEED_WORDS.has(name)) return `schemas/feed.proto has that name already; ${name}s or my_${name} is free`;
  return undefined;
}
