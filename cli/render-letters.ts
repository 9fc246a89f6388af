import type { RecordPlace } from '../connectors/wait/failure.ts';
import { headerText } from '../core/kafka-scan.ts';
import type { Letter } from '../operate/letters/letter.ts';
import type { LetterContent } from '../operate/letters/letter-content.ts';
import { formatPlace } from '../operate/letters/letter-headers.ts';
import type { ReplayResult } from '../operate/letters/replay-letters.ts';
import type { LetterGroup } from '../operate/letters/select-letters.ts';
import { count, table } from './format.ts';

/** Letters of one topic by cause and stage. */
export interface ListedLetters {
  readonly stream: string;
  readonly topic: string;
  readonly letters: number;
  readonly groups: readonly LetterGroup[];
}

export function groupLines({ topic, letters, groups }: ListedLetters): string[] {
  if (letters === 0) return [`${topic}  none`];
  const header = ['  RECORDS', 'REPLAYED', 'STAGE', 'OLDEST', 'NEWEST', 'CAUSE'];
  const rows = groups.map((group) => [
    `  ${count(group.count)}`,
    count(group.replayed),
    group.stage,
    group.first,
    group.last,
    group.cause,
  ]);
  return [`${topic}  ${count(letters)} ${letters === 1 ? 'record' : 'records'}`, ...table([header, ...rows])];
}

/** A letter as it is shown, and printed as JSON. */
export interface ShownLetter {
  /** The place by which it is named. */
  readonly letter: string;
  /** Where it stands itself. */
  readonly at: string;
  readonly key: string | null;
  /** When the record was made, ISO 8601 in UTC. */
  readonly publishedAt: string;
  readonly cause: string;
  readonly stage: string;
  readonly replays: number;
  readonly replayedAs?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: LetterContent;
}

export function shownLetter(letter: Letter, content: LetterContent, replayedAs: RecordPlace | undefined): ShownLetter {
  const { record, own, id, cause, stage, replays } = letter;
  const names = Object.keys(record.headers).filter((name) => !name.endsWith('.stacktrace'));
  return {
    letter: id,
    at: formatPlace(own),
    key: record.key?.toString() ?? null,
    publishedAt: new Date(record.timestampMs).toISOString(),
    cause,
    stage,
    replays,
    ...(replayedAs === undefined ? {} : { replayedAs: formatPlace(replayedAs) }),
    headers: Object.fromEntries(names.map((name) => [name, headerText(record.headers, name) ?? ''])),
    content,
  };
}

export function letterLines(letter: ShownLetter): string[] {
  const { content } = letter;
  const replays = letter.replays === 0 ? '' : `, came back after ${letter.replays} replays`;
  return [
    letter.letter === letter.at ? letter.letter : `${letter.letter}  (${letter.at})`,
    `  cause      ${letter.cause}`,
    `  stage      ${letter.stage}${replays}`,
    `  key        ${letter.key ?? 'none'}`,
    `  published  ${letter.publishedAt}`,
    ...(letter.replayedAs === undefined ? [] : [`  replayed   ${letter.replayedAs}`]),
    ...['quarantine.proof', 'detail'].flatMap((name) => {
      const text = letter.headers[name];
      return text === undefined ? [] : [`  detail     ${text}`];
    }),
    ...(content.kind === 'update'
      ? Object.entries(content.fields).map(([name, value]) => `    ${name} = ${value ?? 'null'}`)
      : [`  bytes      ${content.bytes}, unreadable: ${content.reason}`, `    ${content.hex}`]),
  ];
}

const WORDS = {
  planned: '+ would be replayed',
  left: '= beyond the limit',
  'replayed-before': '= replayed before',
  newer: '= in the table',
  refused: '✗ still refused',
  looping: '✗ goes round',
  replayed: '+ replayed',
} as const;

/** One line for each letter. */
export function replayLines({ letters }: ReplayResult): string[] {
  return letters.map(({ letter, outcome, reason, record, arrived }) => {
    const words = outcome === 'replayed' && arrived !== true ? '✗ not in the table yet' : WORDS[outcome];
    const detail = record === undefined ? (reason ?? '') : `${record}${arrived === true ? ', its row is there' : ''}`;
    return `${words.slice(0, 2)}${letter}  ${words.slice(2)}${detail === '' ? '' : `: ${detail}`}`;
  });
}

/** What became of all of them. */
export function replaySummary(stream: string, result: ReplayResult, isDryRun: boolean): string {
  const { letters, replayed, arrived, failure } = result;
  const of = (...outcomes: string[]) => letters.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const others = [
    [of('replayed-before', 'newer'), 'done before'],
    [of('refused'), 'still refused'],
    [of('looping'), 'came back too often'],
    [of('left'), 'beyond the limit'],
  ] as const;
  const rest = others.flatMap(([number, words]) => (number === 0 ? [] : [`${count(number)} ${words}`]));
  const first = isDryRun
    ? `${count(of('planned'))} would be replayed`
    : `${count(replayed)} replayed, ${count(arrived)} of them proved to be in the table`;
  const why = failure === undefined ? '' : `\n✗ ${failure}`;
  return `${stream}: ${[first, ...rest].join(', ')}${why}`;
}
