/** One edit of one file of test/fixtures/contract: `find` stands there exactly once. An empty `find` makes a new file. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** An edit that the check must catch. */
export interface Mutation {
  /** What the edit does, in words. */
  readonly name: string;
  readonly edit: Edit;
  /** Edits before it that are right together. */
  readonly after?: readonly Edit[];
  readonly rule: string;
  /** Where it is caught; by default on the edited line. The text that the line holds after the edit, or before it when it is unedited. */
  readonly at?: { readonly file: string; readonly line: string };
  /** Rules that find a cause of their own in the edit; without it, the edit makes one finding. */
  readonly also?: readonly string[];
  /** What the message and the remedy, joined by `; `, tell of the cause. */
  readonly says?: RegExp;
}

export const PROTO = 'schemas/position-update.proto';
export const AVSC = 'schemas/position-update.avsc';
export const DEFINITION = 'connectors/positions.yaml';
export const SQL = 'migrations/0001_positions.sql';
export const ENVIRONMENTS = 'connect.yaml';

export const sinkSetting = (setting: string): Edit => ({
  file: DEFINITION,
  find: 'sink:\n  name: positions-sink\n',
  replace: `sink:\n  name: positions-sink\n  config:\n    ${setting}\n`,
});
/** Shared by the harmless ones that make a view anew: they cannot be deployed together. */
export const VIEWS_CHANGE = '9002';
/** The other harmless ones have numbers of their own, so that they can. */
export const newMigration = (sql: string, number = '9001'): Edit => ({
  file: `migrations/${number}_change.sql`,
  find: '',
  replace: `-- Up Migration\n\n${sql}\n\n-- Down Migration\n\nSELECT 1;\n`,
});
export const field = (json: string): Edit => ({
  file: AVSC,
  find: '"doc": "What happened." }\n',
  replace: `"doc": "What happened." },\n    ${json}\n`,
});

/** A sound rollup (a view stands for the derived table), except for these changes. */
export const withRollup = (changes: Readonly<Record<string, string>>): Edit => {
  const right = { table: 'public.current_positions', source: 'public.current_positions', identity: 'position_account' };
  const lines = Object.entries({ ...right, rebuild: 'public.rebuild', ...changes });
  return {
    file: DEFINITION,
    find: '    order: slot\n',
    // A comment ends each line, so that a value can be told from one that it is the beginning of.
    replace: `    order: slot\n  fold:\n${lines.map(([key, value]) => `    ${key}: ${value} #\n`).join('')}`,
  };
};

/** A parameter of the JDBC URL, beside those that this package sets. */
export const jdbcParameter = (parameter: string): Edit => ({
  file: ENVIRONMENTS,
  find: ':5432/perps\n',
  replace: `:5432/perps?${parameter}\n`,
});
/** More lines of `feed`. */
export const feedLine = (line: string): Edit => ({
  file: DEFINITION,
  find: '  service: perps.v1.PositionFeed\n',
  replace: `  service: perps.v1.PositionFeed\n  ${line}\n`,
});
export const topicSetting = (setting: string): Edit => ({
  file: DEFINITION,
  find: '    retention.ms: 604800000\n',
  replace: `    retention.ms: 604800000\n    ${setting}\n`,
});
/** A transform after those that this package sets. */
export const transform = (type: string, ...settings: readonly string[]): Edit =>
  sinkSetting(
    [
      'transforms: only,trace,more',
      ...settings.map((setting) => `transforms.more.${setting}`),
      `transforms.more.type: ${type}`,
    ].join('\n    '),
  );
/** Entries of `allow`. */
export const allowing = (...entries: readonly string[]): Edit => ({
  file: DEFINITION,
  find: '\nsink:\n',
  replace: `\nallow:\n${entries.map((entry) => `  - { ${entry}, reason: tried }\n`).join('')}\nsink:\n`,
});
