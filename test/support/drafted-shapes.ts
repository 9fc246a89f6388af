import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DraftOptions, draftFeedStream, type FeedCatalog, inspectFeed } from '../../app/inspect-feed.ts';
import { capturedContext } from './captured-context.ts';
import { copyProject } from './project.ts';
import { DESCRIPTOR_SET } from './reflection-server.ts';

export type Drafted = Omit<DraftOptions, 'dryRun' | 'stream'>;

/** A stream of each shape, by its name. */
const SHAPES: Readonly<Record<string, Drafted>> = {
  scalars: {
    method: 'Shapes/Scalars',
    key: ['uid', 'seq'],
    position: { kind: 'cursor', field: 'seq', request: 'from_seq' },
    times: { block_ts: 'nanoseconds', settled_at: 'seconds' },
    decimals: { price: { precision: 38, scale: 18 }, size_e8: { precision: 38, scale: 8 } },
  },
  polled: { method: 'Once', key: ['uid'], position: { kind: 'cursor', field: 'seq', request: 'from_seq' } },
  plain_scalars: { method: 'Shapes/Scalars', key: ['uid'] },
  meanings: { method: 'Meanings', key: ['tx_id', 'at'] },
  pages: { method: 'Lists', key: ['key'] },
  members: {
    method: 'Members',
    update: 'scalar',
    key: ['seq'],
    position: { kind: 'slot', field: 'seq', request: 'from_seq' },
  },
  trees: { method: 'Trees', key: ['id'] },
  one_member: { method: 'Shapes/Old', key: ['id'] },
  words: { method: 'Words', key: ['side', 'shard'] },
  namings: { method: 'Names', key: ['order', 'id'] },
  old_fills: { method: 'vendor.old.Old/Follow', key: ['ref'] },
  edition_fills: { method: 'Edition/Follow', key: ['ref'] },
};

/** A project with nothing but those streams. */
export interface DraftedShapes {
  readonly root: string;
  readonly catalog: FeedCatalog;
  draft(stream: string, options: Drafted, more?: { readonly dryRun: boolean }): ReturnType<typeof draftFeedStream>;
  /** A file's text. */
  read(path: string): string;
  remove(): void;
}

export async function createDraftedShapes(): Promise<DraftedShapes> {
  const root = mkdtempSync(join(tmpdir(), 'perps-connect-inspect-'));
  copyProject(root);
  for (const folder of ['connectors', 'schemas', 'migrations']) rmSync(join(root, folder), { recursive: true });
  const { context } = capturedContext({ cwd: root });
  const catalog = await inspectFeed(context, { descriptorSet: DESCRIPTOR_SET, timeoutMs: 5_000 });
  const draft: DraftedShapes['draft'] = (stream, options, { dryRun } = { dryRun: false }) =>
    draftFeedStream(context, catalog, { stream, dryRun, ...options });
  for (const [stream, options] of Object.entries(SHAPES)) draft(stream, options);
  return {
    root,
    catalog,
    draft,
    read: (path) => readFileSync(join(root, path), 'utf8'),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
