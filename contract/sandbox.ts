import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Query } from './catalog.ts';

/** A database to run migrations in: an empty one. */
export interface Sandbox {
  readonly query: Query;
  exec(sql: string): Promise<unknown>;
}

/** What the SQL of a project may take. */
export interface SandboxLimits {
  /** Of one statement. */
  readonly statementMs: number;
  /** Of all of them. */
  readonly totalMs: number;
  /** Memory of this process beyond what an empty database takes. */
  readonly bytes: number;
}

const LIMITS: SandboxLimits = { statementMs: 60_000, totalMs: 300_000, bytes: 1 << 30 };
const LOOK_EVERY_MS = 100;

/** A statement that took too long or too much. It proves nothing of its SQL on another day. */
export class SandboxLimit extends Error {}

interface Answer {
  readonly rows?: Record<string, unknown>[];
  readonly error?: { readonly message: string; readonly position?: string };
}

/** In a thread of its own, so that SQL which does not end can be ended. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
(async () => {
  const { PGlite } = await import(workerData);
  const database = await PGlite.create();
  parentPort.on('message', async ({ kind, sql }) => {
    try {
      const found = await database[kind](sql);
      parentPort.postMessage({ rows: kind === 'query' ? found.rows : [] });
    } catch ({ message, position }) {
      parentPort.postMessage({ error: { message, position } });
    }
  });
  parentPort.postMessage({ rows: [] });
})();
`;

/** Runs a task with an embedded PostgreSQL that is empty, and ends it. What goes beyond the limits fails with SandboxLimit. */
export async function withSandbox<T>(task: (sandbox: Sandbox) => Promise<T>, limits = LIMITS): Promise<T> {
  // The module and its WASM are the heaviest thing of this package.
  const pglite = pathToFileURL(createRequire(import.meta.url).resolve('@electric-sql/pglite')).href;
  const thread = new Worker(THREAD, { eval: true, workerData: pglite });
  const endAt = Date.now() + limits.totalMs;
  let failure: Error | undefined;
  let settle: (answer: Answer | Error) => void = () => {};
  const fail = (error: Error): void => {
    failure ??= error;
    thread.terminate().catch(() => {});
    settle(failure);
  };
  thread.on('message', (answer: Answer) => settle(answer));
  thread.on('error', fail);
  /** The answer to what was sent last. */
  async function answer(ms: number): Promise<Record<string, unknown>[]> {
    if (failure !== undefined) throw failure;
    const left = Math.min(ms, endAt - Date.now());
    const late = setTimeout(() => {
      fail(new SandboxLimit(`it does not end within ${Math.ceil(left / 1000)} s on an empty database`));
    }, left);
    const found = await new Promise<Answer | Error>((resolve) => {
      settle = resolve;
    });
    clearTimeout(late);
    if (found instanceof Error) throw found;
    if (found.error !== undefined) throw Object.assign(new Error(found.error.message), found.error);
    return found.rows ?? [];
  }
  const ask = (kind: 'query' | 'exec', sql: string) => {
    thread.postMessage({ kind, sql });
    return answer(limits.statementMs);
  };
  let watching: NodeJS.Timeout | undefined;
  try {
    await answer(limits.totalMs);
    const before = process.memoryUsage.rss();
    watching = setInterval(() => {
      if (process.memoryUsage.rss() - before > limits.bytes) {
        fail(new SandboxLimit(`it takes more than ${limits.bytes >> 20} MiB of memory on an empty database`));
      }
    }, LOOK_EVERY_MS);
    return await task({ query: (sql) => ask('query', sql), exec: (sql) => ask('exec', sql) });
  } finally {
    clearInterval(watching);
    await thread.terminate();
  }
}
