import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from './project.ts';
import { restConnect } from './rest-connect.ts';
import { proxyRest } from './rest-proxy.ts';

/** A request that changes something, as a worker got it. Times in ms. */
export interface Write {
  readonly actor: string;
  readonly request: string;
  readonly beganAt: number;
  readonly endedAt: number;
}

/** Copies of a project, each of which reaches the worker through a proxy of its own: whatever they write is recorded under its name. */
export function recordActors({ root, environment }: TestProject) {
  const writes: Write[] = [];
  const worker = restConnect(environment).url;
  return {
    writes,
    /** The folder of another actor's copy. */
    async folder(actor: string): Promise<string> {
      const { url } = await proxyRest(
        worker,
        () => 'pass',
        (request, beganAt, endedAt) => void writes.push({ actor, request, beganAt, endedAt }),
      );
      const folder = mkdtempSync(join(tmpdir(), `actor-${actor}-`));
      cpSync(root, folder, { recursive: true, verbatimSymlinks: true });
      const file = join(folder, 'connect.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(worker, url));
      return folder;
    },
  };
}
