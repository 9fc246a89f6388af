import type { ListedDeadLetters, ReplayedStream, ReplayResult, ShownDeadLetter } from '../../app/dead-letters.ts';
import { count, noun, table } from '../format.ts';

export function groupLines({ topic, letters, groups }: ListedDeadLetters): string[] {
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
  return [`${topic}  ${count(letters)} ${noun(letters, 'record')}`, ...table([header, ...rows])];
}

export function letterLines(letter: ShownDeadLetter): string[] {
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
export function replaySummary(result: ReplayedStream, isDryRun: boolean): string {
  const { stream, letters, replayed, arrived, failure } = result;
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
