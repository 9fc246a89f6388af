import { CARRIED_TYPES } from './matrix.ts';
import { REFUSED_COLUMNS, REFUSED_TYPES } from './refused.ts';
import type { TypeCase } from './type-case.ts';

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

const avroCell = (avro: unknown, limits: TypeCase['limits'] = {}): string =>
  [
    avro === undefined ? '' : code(JSON.stringify(avro)),
    ...Object.entries(limits).map(([name, value]) => code(`"${name}": ${JSON.stringify(value)}`)),
  ].join(' ');

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** docs/types.md: the types that tests carry through the real sink, and those that they see refused. */
export const typesDocument = (): string =>
  `# Types

This page is made from the values that tests send through the real sink, and from those that they see refused (\`test/support/types/matrix.ts\`, \`refused.ts\`).
\`npx -y pnpm reference\` writes it; a test holds it to the code.

A value reaches its column exactly, or it is refused: in the schema or the table by \`connect check\`, in an update by the producer. Nothing is rounded, cut or guessed. \`connect simulate\`
sends each type, \`verify\` compares it digit by digit, \`dlq\` and \`rejected\` show it, \`quarantine\` tries it as the sink writes it.

## What is carried

Each may be null: \`["null", …]\` in the schema, \`optional\` in the proto. A list that is not sent is an empty list.

| Avro type | column | the feed sends | exact | the producer refuses |
|---|---|---|---|---|
${CARRIED_TYPES.map(({ avro, limits, column, also = [], proto, exact, refused }) =>
  row(avroCell(avro, limits), [column, ...also].map(code).join(' '), code(proto), exact, refused),
).join('\n')}

Names of enums and lengths are examples. Decimals have the precision and the scale of their column; a column \`numeric\` without them takes any. A feed may also send whole numbers of 32 bits
where the table says 64, a decimal without fraction digits as any whole number, a date as days since 1970, and a time of day as text. \`feed.fields\` converts the rest ([definitions](reference/definitions.md)).

## Time is UTC

Every timestamp of a record is an instant, counted since 1970-01-01 00:00 UTC. The sink writes it in UTC, whatever the zone of the worker or of the session is.

- A column \`timestamp\` holds the time in UTC, and has no zone that could be asked for. Take this one: every session reads the same days.
- A column \`timestamptz\` holds the same instant. Each session shows it, and cuts it into days, in its own zone. So the field must say \`"zone": "UTC"\`, which means that this is known; write
  \`AT TIME ZONE 'UTC'\` where days are cut.
- A \`date\` and a \`time\` have no zone. They are written as they are sent.
- Microseconds need \`connect.name\` in the type: Connect's own types end at milliseconds, and without the name the sink sees a bare number.

## Enums of PostgreSQL

The sink sends a word as varchar. PostgreSQL takes that for an enum by a cast only:

\`\`\`sql
CREATE TYPE color AS ENUM ('Red', 'Green');
CREATE CAST (varchar AS color) WITH INOUT AS ASSIGNMENT;
\`\`\`

\`check\` looks for the cast, and for each word (\`ENUM_COLUMN\`). A new word needs a migration first: \`ALTER TYPE color ADD VALUE 'Blue'\`. A varchar with \`"allowed"\` words needs neither.

## Keys

A row is found by its upsert key. Lists, JSON and enums of PostgreSQL cannot be in it, and a UUID only in a column \`uuid\` (\`KEY_TYPE\`).

## What the schema may not have

| Avro type | why | instead |
|---|---|---|
${REFUSED_TYPES.map(({ avro, why, instead }) => row(avroCell(avro), why, instead)).join('\n')}

## What the table may not have

| column | why | instead |
|---|---|---|
${REFUSED_COLUMNS.map(({ column, why, instead }) => row(code(column), why, instead)).join('\n')}

A type that stands in neither table is refused, too. \`timestamp(0)\`, \`time(0)\` and a \`numeric\` of another scale would round, and are refused by rules of their own ([contract-rules.md](contract-rules.md)).
`;
