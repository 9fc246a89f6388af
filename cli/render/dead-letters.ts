import type {
  DiscardedStream,
  ListedDeadLetters,
  ReplayedStream,
  ReplayResult,
  ShownDeadLetter,
} from '../../app/dead-letters.ts';
import { inLine } from '../../core/visible.ts';
import { count, noun, table } from '../format.ts';

export function groupLines({ topic, letters, open, deleted = 0, groups }: ListedDeadLetters): string[] {
  if (letters + deleted === 0) return [`${topic}  none`];
  const header = ['  RECORDS', 'REPLAYED', 'DISCARDED', 'STAGE', 'OLDEST', 'NEWEST', 'CAUSE'];
  const rows = groups.map((group) => [
    `  ${count(group.count)}`,
    count(group.replayed),
    count(group.discarded),
    group.stage,
    group.first,
    group.last,
    inLine(group.cause),
  ]);
  const still = open === letters ? '' : `, ${count(open)} neither replayed nor discarded`;
  const gone = deleted === 0 ? '' : `, ${count(deleted)} of them deleted by Kafka: the topic is bounded`;
  return [`${topic}  ${count(letters)} ${noun(letters, 'record')}${still}${gone}`, ...table([header, ...rows])];
}

export function letterLines(letter: ShownDeadLetter): string[] {
  const { content } = letter;
  const replays = letter.replays === 0 ? '' : `, came back after ${letter.replays} replays`;
  return [
    letter.letter === letter.at ? letter.letter : `${letter.letter}  (${letter.at})`,
    `  cause      ${inLine(letter.cause)}`,
    `  stage      ${letter.stage}${replays}`,
    `  key        ${inLine(letter.key ?? 'none')}`,
    `  published  ${letter.publishedAt}`,
    ...(letter.replayedAs === undefined ? [] : [`  replayed   ${letter.replayedAs}`]),
    ...(letter.discarded === undefined ? [] : [`  discarded  ${letter.discarded}`]),
    ...['quarantine.proof', 'detail'].flatMap((name) => {
      const text = letter.headers[name];
      return text === undefined ? [] : [`  detail     ${inLine(text)}`];
    }),
    ...(content.kind === 'update'
      ? Object.entries(content.fields).map(([name, value]) => `    ${name} = ${inLine(String(value ?? 'null'))}`)
      : [`  bytes      ${content.bytes}, unreadable: ${inLine(content.reason)}`, `    ${content.hex}`]),
  ];
}

const WORDS = {
  planned: '+ would be replayed',
  left: '= beyond the limit',
  'replayed-before': '= replayed before',
  discarded: '= left out',
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
    return `${words.slice(0, 2)}${letter}  ${words.slice(2)}${detail === '' ? '' : `: ${inLine(detail)}`}`;
  });
}

/** What became of all of them. */
export function replaySummary(result: ReplayedStream, isDryRun: boolean): string {
  const { stream, letters, replayed, arrived, failure, more } = result;
  const of = (...outcomes: string[]) => letters.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const others = [
    [of('replayed-before', 'newer'), 'done before'],
    [of('discarded'), 'discarded'],
    [of('refused'), 'still refused'],
    [of('looping'), 'came back too often'],
    [of('left'), 'beyond the limit'],
  ] as const;
  const rest = others.flatMap(([number, words]) => (number === 0 ? [] : [`${count(number)} ${words}`]));
  const first = isDryRun
    ? `${count(of('planned'))} would be replayed`
    : `${count(replayed)} replayed, ${count(arrived)} of them proved to be in the table`;
  const why = failure === undefined ? '' : `\n✗ ${failure}`;
  return `${stream}: ${[first, ...rest].join(', ')}${moreWords(more)}${why}`;
}

const DISCARD_WORDS = {
  planned: '+ would be discarded',
  discarded: '+ discarded',
  'replayed-before': '= left out',
  'discarded-before': '= left out',
} as const;

/** One line for each letter. */
export function discardLines({ letters }: DiscardedStream): string[] {
  return letters.map(({ letter, outcome, reason, cause }) => {
    const words = DISCARD_WORDS[outcome];
    return `${words.slice(0, 2)}${letter}  ${words.slice(2)}: ${inLine(reason ?? cause)}`;
  });
}

/** What became of all of them. */
export function discardSummary(
  { stream, letters, discarded, more, deleted = 0 }: DiscardedStream,
  isDryRun: boolean,
): string {
  const planned = letters.filter(({ outcome }) => outcome === 'planned').length;
  const before = letters.length - discarded - planned;
  const gone = deleted === 0 ? '' : `, and ${count(deleted)} that Kafka has deleted`;
  const first = isDryRun ? `${count(planned)} would be discarded` : `${count(discarded)} discarded`;
  return `${stream}: ${first}${gone}${before === 0 ? '' : `, ${count(before)} done before`}${moreWords(more)}`;
}

const moreWords = (more = 0): string => (more === 0 ? '' : `; ${count(more)} more wait, run it again`);
