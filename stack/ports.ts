import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../core/errors.ts';
import { describeProcess, linuxPids } from './process-identity.ts';
import type { PartName } from './types.ts';

const HOST = '127.0.0.1';

/** A process that is just ending may hold its port for a moment longer. */
const RELEASE_MS = 1_000;

/** Throws ENVIRONMENT, naming who holds the port and how to choose another, when it is taken and stays so. */
export async function requireFreePort(part: PartName, port: number): Promise<void> {
  for (const deadline = Date.now() + RELEASE_MS; ; await sleep(100)) {
    if (await isFree(port)) return;
    if (Date.now() >= deadline) break;
  }
  const pid = listenerPid(port);
  const holder = pid === undefined ? 'another process' : `process ${pid} (${describeProcess(pid)})`;
  throw new ConnectError('ENVIRONMENT', `port ${port}, meant for ${part}, is taken by ${holder}`, {
    details: { part, port, pid },
    hint: `stop it, or choose another port: local.stack.ports.${part} in connect.yaml, or CONNECT_PORT_${part.toUpperCase()}`,
  });
}

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

// Binding alone is no proof on macOS, where a loopback bind succeeds beside a wildcard one; so it also knocks.
const isFree = async (port: number): Promise<boolean> => !(await accepts(port)) && (await canBind(port));

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

/** Whether something accepts connections on the loopback port. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const answer = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(1_000, () => answer(false));
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

/** The process listening on a port, as far as this user may see. */
export function listenerPid(port: number): number | undefined {
  try {
    return process.platform === 'linux' ? linuxListener(port) : lsofListener(port);
  } catch {
    return undefined;
  }
}

function linuxListener(port: number): number | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table).slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix) && fields[3] === '0A') inodes.add(`socket:[${fields[9]}]`);
    }
  }
  for (const pid of linuxPids()) {
    if (openSockets(pid).some((link) => inodes.has(link))) return pid;
  }
  return undefined;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function openSockets(pid: number): string[] {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).map((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}

function lsofListener(port: number): number | undefined {
  const output = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' });
  const pid = Number.parseInt(output, 10);
  return Number.isNaN(pid) ? undefined : pid;
}
