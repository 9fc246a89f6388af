import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadFeed } from '../../../contract/feed.ts';
import { readMigrations } from '../../../migrations/files.ts';
import { loadProject } from '../../../pipeline/load.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { scratchFolder } from '../../support/scratch.ts';

test('a file of a project that is longer than people write is named and not read', () => {
  const folder = scratchFolder();
  const file = (name: string): string => {
    writeFileSync(join(folder, name), '');
    truncateSync(join(folder, name), 5 * 2 ** 20);
    return join(folder, name);
  };
  const tooLong = (name: string) => ({
    code: 'INVALID_DEFINITION',
    message: `${join(folder, name)} has 5 MiB, more than 4 MiB`,
  });
  const thrownBy = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      return error;
    }
  };
  file('connect.yaml');
  expect(thrownBy(() => loadProject(folder, {}))).toMatchObject(tooLong('connect.yaml'));
  expect(thrownBy(() => loadAvroSchema(file('a.avsc')))).toMatchObject(tooLong('a.avsc'));
  file('a.proto');
  expect(
    thrownBy(() =>
      loadFeed(folder, {
        proto: 'a.proto',
        service: 'a.Feed',
        request: {},
        leave: [],
        fields: {},
        constants: {},
        ignore: [],
      }),
    ),
  ).toMatchObject(tooLong('a.proto'));
  file('0001_a.sql');
  expect(thrownBy(() => readMigrations(folder))).toMatchObject(tooLong('0001_a.sql'));
});
