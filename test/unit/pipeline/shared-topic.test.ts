import { describe, expect, it } from 'vitest';
import { loadProject } from '../../../pipeline/load.ts';
import { streamTopics, valueSubject } from '../../../pipeline/names.ts';
import { complaints, LOCAL, POSITIONS, projectFolder } from './project-folder.ts';

const ARCHIVE = `name: positions_archive
schema: record.avsc
topic:
  name: positions
  derived: positions_archive
  partitions: 4
  key: position_account
table:
  name: public.positions_archive
  key: [position_account, signature]
sink:
  name: positions-archive-sink
`;

const filesWith = (archive: string, file = 'positions-archive') => ({
  'connect.yaml': LOCAL,
  'connectors/positions.yaml': POSITIONS,
  [`connectors/${file}.yaml`]: archive,
});

describe('two definitions of one topic', () => {
  it('share topic and subject, and have other topics of their own', () => {
    const [archive, positions] = loadProject(projectFolder(filesWith(ARCHIVE)), {}).streams;
    if (archive === undefined || positions === undefined) throw new Error('not two streams');
    expect([archive, positions].map(valueSubject)).toEqual(['positions-value', 'positions-value']);
    expect(streamTopics(archive)).toEqual({
      data: 'positions',
      rejected: 'positions_archive.rejected',
      deadLetter: 'positions_archive.dlq',
      checkpoint: 'positions_archive.checkpoint',
    });
    expect(streamTopics(positions).deadLetter).toBe('positions.dlq');
  });

  it.each(['positions-archive', 'second'])('are refused when neither names its own topics: file %s', (file) => {
    const found = complaints(filesWith(ARCHIVE.replace(/ {2}derived.*\n/, ''), file));
    const [second, first] = file === 'second' ? [file, 'positions'] : ['positions', file];
    expect(found).toEqual([
      `connectors/${second}.yaml:${file === 'second' ? 4 : 5}:9  topic "positions" is read by connectors/${first}.yaml too: give one of the two topic.derived, a name for its own dead letter and checkpoint topics`,
    ]);
  });

  it('are refused when one takes the name of the other, whichever comes first', () => {
    for (const file of ['positions-archive', 'second'])
      expect(complaints(filesWith(ARCHIVE.replace('derived: positions_archive', 'derived: positions'), file))).toEqual(
        ['checkpoint', 'dlq', 'rejected'].map((own) =>
          expect.stringContaining(`topic "positions.${own}" is already taken by connectors/`),
        ),
      );
  });

  it('agree on what the topic is', () => {
    const other = ARCHIVE.replace('partitions: 4', 'partitions: 8\n  config: { retention.ms: 86400000 }')
      .replace('key: position_account', 'key: owner')
      .replace('record.avsc', 'other.avsc');
    const must = (key: string, value: string) =>
      expect.stringContaining(`${key} must be as in connectors/positions.yaml, which reads the same topic: ${value}`);
    expect(complaints({ ...filesWith(other, 'second'), 'other.avsc': '{}' })).toEqual([
      must('schema', 'record.avsc'),
      must('topic.partitions', '4'),
      must('topic.config', 'none'),
      must('topic.key', 'position_account'),
    ]);
  });

  it('do not both read the feed, or each update would be in the topic twice', () => {
    const fed = `feed: { proto: feed.proto, service: perps.v1.PositionFeed }\n${ARCHIVE}`;
    expect(complaints(filesWith(fed))).toEqual([
      'connectors/positions.yaml:2:7  connectors/positions-archive.yaml reads the feed of topic "positions": two would write each update twice; leave out feed here',
    ]);
  });
});
