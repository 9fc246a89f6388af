import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** A file of the archive; the path has `/`. */
export interface ZipEntry {
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * A zip whose bytes depend on paths and contents alone: sorted, stored without compression (jars are compressed already,
 * and every zlib compresses in its own way), one mode, one time. Sizes stand before the contents, as Java wants it of
 * entries that are stored.
 */
export async function writeZip(entries: readonly ZipEntry[]): Promise<Buffer> {
  const zip = new ZipFile();
  // The format keeps local time: noon of the first day it knows, wherever this runs.
  const mtime = new Date(1980, 0, 1, 12);
  for (const { path, bytes } of [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    zip.addBuffer(bytes, path, { mtime, forceDosTimestamp: true, mode: 0o100644, compress: false });
  }
  zip.end();
  return buffer(zip.outputStream);
}
