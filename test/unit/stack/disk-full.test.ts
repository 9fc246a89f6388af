import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createAxios } from '../../../core/http.ts';
import { download } from '../../../stack/download.ts';
import { fetchArtifacts } from '../../../stack/fetch-artifacts.ts';
import { serveFiles } from '../../support/file-server.ts';
import { scratchFolder } from '../../support/scratch.ts';

// The one thing a test cannot have for real without being root: a disk with no room left.
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  return {
    ...real,
    open: async (path: string, flags: string) => {
      const handle = await real.open(path, flags);
      handle.write = () =>
        Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
      return handle;
    },
  };
});

const file = Buffer.alloc(10_000, 7);
const locked = { sha256: createHash('sha256').update(file).digest('hex'), size: file.length };

describe('a full disk', () => {
  it('is named with the folder and the way out, and nothing half written stays', async () => {
    const server = await serveFiles({ 'a.jar': file });
    const folder = scratchFolder();
    const target = join(folder, 'group', 'a.jar');
    const scratch = join(folder, 'incomplete');
    const attempt = download(
      { ...locked, path: 'a.jar', target },
      { client: createAxios(server.url, 5_000), scratch, onBytes: () => {} },
    );
    await expect(attempt).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: `cannot write to ${join(folder, 'group')}: the disk is full`,
      hint: expect.stringContaining('CONNECT_CACHE_DIR'),
    });
    expect(server.requests).toHaveLength(1);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('a cache that cannot be written is named too', async () => {
    const cache = '/sys/perps-connect';
    const group = { folder: join(cache, 'a'), files: [{ name: 'a.jar', path: 'a.jar', ...locked }] };
    const attempt = fetchArtifacts([group], { repository: 'http://127.0.0.1:9', cache });
    await expect(attempt).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining('/sys/perps-connect'),
      hint: expect.stringContaining('CONNECT_CACHE_DIR'),
    });
  });
});
