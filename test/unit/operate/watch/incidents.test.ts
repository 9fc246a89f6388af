import { expect, test } from 'vitest';
import type { Draft } from '../../../../operate/watch/draft.ts';
import { createIncidents } from '../../../../operate/watch/incidents.ts';

const draft = (changes: Partial<Draft> = {}): Draft => ({
  stream: 'positions',
  connector: 'positions-sink',
  kind: 'record',
  severity: 'critical',
  summary: 'a record stops the sink',
  next: 'quarantine',
  needsPerson: true,
  ...changes,
});

/** Looks one after the other; what each of them told. */
function looks(incidents = createIncidents('production')) {
  let at = 0;
  return (drafts: readonly Draft[], unseen: readonly Draft['kind'][] = []) => {
    at += 1_000;
    return incidents.take({ drafts, unseen }, at).map(({ event, incident }) => `${event} ${incident.key}`);
  };
}

const KEY = 'production/positions/record';

test('an incident is opened once, updated when something of it changes, and closed once', () => {
  const look = looks();
  expect(look([draft()])).toEqual([`incident.opened ${KEY}`]);
  expect(look([draft()])).toEqual([]);
  expect(look([draft({ summary: 'in other words' })])).toEqual([]);
  expect(look([draft({ record: 'positions-0@7' })])).toEqual([`incident.updated ${KEY}`]);
  expect(look([])).toEqual([]);
  expect(look([])).toEqual([`incident.closed ${KEY}`]);
  expect(look([])).toEqual([]);
});

test('one look that does not see it is no end', () => {
  const look = looks();
  look([draft()]);
  expect([look([]), look([draft()]), look([]), look([draft()])].flat()).toEqual([]);
});

test('what a look could not see stays open', () => {
  const look = looks();
  look([draft()]);
  expect([look([], ['record']), look([], ['record']), look([], ['record'])].flat()).toEqual([]);
});

test('what has to be seen twice is told with the second look, and begins anew after a good one', () => {
  const look = looks();
  const slow = draft({ looks: 2 });
  expect(look([slow])).toEqual([]);
  expect(look([])).toEqual([]);
  expect(look([slow])).toEqual([]);
  expect(look([slow])).toEqual([`incident.opened ${KEY}`]);
});

test('a second time is another incident under the same key', () => {
  const incidents = createIncidents('production');
  const at = (drafts: readonly Draft[], ms: number) => incidents.take({ drafts, unseen: [] }, ms);
  const [first] = at([draft()], 1);
  at([], 2);
  at([], 3);
  const [second] = at([draft()], 4);
  expect(second?.incident.key).toBe(first?.incident.key);
  expect(second?.incident.id).not.toBe(first?.incident.id);
});

test('the watch that comes after goes on with what is open, and opens nothing twice', () => {
  const before = createIncidents('production');
  looks(before)([draft({ told: 'x' })]);
  const after = createIncidents('production');
  after.restore(JSON.parse(JSON.stringify(before.keep())));
  const look = looks(after);
  expect(look([draft({ told: 'x' })])).toEqual([]);
  expect([look([]), look([])].flat()).toEqual([`incident.closed ${KEY}`]);
});

test('a watch that leads again goes on with what it has told while nobody could lead', () => {
  const incidents = createIncidents('production');
  const look = looks(incidents);
  look([draft()]);
  incidents.restore([]);
  expect([look([]), look([])].flat()).toEqual([`incident.closed ${KEY}`]);
});

test('a watch that stands by has nothing open: another one tells of it', () => {
  const incidents = createIncidents('production');
  looks(incidents)([draft()]);
  incidents.forget();
  expect(incidents.list()).toEqual([]);
});

test('what all streams share has a key without a stream', () => {
  expect(looks()([draft({ stream: undefined, connector: undefined, kind: 'database' })])).toEqual([
    'incident.opened production/database',
  ]);
});
