import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { TestProject } from './project.ts';
import { restConnect } from './rest-connect.ts';

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
      const server = createServer((message, reply) => {
        void (async () => {
          const beganAt = Date.now();
          const { method = 'GET', url = '/' } = message;
          let body = '';
          for await (const chunk of message) body += String(chunk);
          const headers = { 'Content-Type': 'application/json' };
          const answer = await fetch(new URL(url, worker), { method, headers, ...(body === '' ? {} : { body }) });
          const text = await answer.text();
          if (method !== 'GET') writes.push({ actor, request: `${method} ${url}`, beganAt, endedAt: Date.now() });
          reply.writeHead(answer.status, headers);
          reply.end(text === '' ? undefined : text);
        })().catch(() => message.socket.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => {
        server.closeAllConnections();
        server.close();
      });
      const folder = mkdtempSync(join(tmpdir(), `actor-${actor}-`));
      cpSync(root, folder, { recursive: true, verbatimSymlinks: true });
      const file = join(folder, 'connect.yaml');
      const { port } = server.address() as AddressInfo;
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(worker, `http://127.0.0.1:${port}`));
      return folder;
    },
  };
}
