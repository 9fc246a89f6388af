import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../core/package-root.ts';
import { loadFeedService } from '../../../producer/feed/protocol.ts';
import { createFeedProtocol } from '../../../producer/simulator/feed-protocol.ts';
import { createSchemaGenerator } from '../../../producer/simulator/schema-generator.ts';
import { samplesSchema } from './samples.ts';
import { TYPES_SERVICE, typesProto } from './schema.ts';

const SLOT = { slot: 312_000_000n, blockTime: new Date('2026-01-01T23:52:00.123Z') };

/** The feed of the types' stream, as the simulator sends it and the producer reads it, without a connection between them. */
export function createTypesFeed() {
  const root = mkdtempSync(join(tmpdir(), 'types-feed-'));
  try {
    const protoPath = join(root, 'samples.proto');
    copyFileSync(join(packageRoot(), 'schemas/feed.proto'), join(root, 'feed.proto'));
    writeFileSync(protoPath, typesProto);
    const protocol = createFeedProtocol({ protoPath, service: TYPES_SERVICE, schema: samplesSchema });
    const generator = createSchemaGenerator({ schema: protocol.schema, seed: 7, key: ['id'] });
    return {
      protocol,
      service: loadFeedService(protoPath, [], TYPES_SERVICE),
      records: generator.next(SLOT as Parameters<typeof generator.next>[0], 500),
    };
  } finally {
    rmSync(root, { recursive: true });
  }
}
