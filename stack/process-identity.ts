import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';

/** A process we have started: a number alone may by now belong to someone else. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as the operating system counts it; only ever compared for equality. */
  readonly startTime: string;
  /** An argument of its command line that only our process has. */
  readonly marker: string;
}

interface ProcessFacts {
  readonly uid: number;
  readonly startTime: string;
  /** Undefined when it is dying and its command line is gone already. */
  readonly hasArgument: ((argument: string) => boolean) | undefined;
}

/** What to remember of a process just started; undefined when it is gone already. */
export function identify(pid: number, marker: string): ProcessIdentity | undefined {
  const facts = processFacts(pid);
  return facts === undefined ? undefined : { pid, startTime: facts.startTime, marker };
}

/** Whether the process still runs and is the one remembered: same number, same start, our marker in its command line. */
export function isAlive(identity: ProcessIdentity): boolean {
  const facts = processFacts(identity.pid);
  if (facts === undefined || facts.startTime !== identity.startTime) return false;
  return facts.hasArgument === undefined || facts.hasArgument(identity.marker);
}

/**
 * Processes whose command line has the argument. Finds what was started by a parent killed before it could write
 * down the number. Another user's is none of ours, whatever its command line says; root's may run as another user.
 */
export function findByMarker(marker: string): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (const pid of process.platform === 'linux' ? linuxPids() : psPids(marker)) {
    const facts = processFacts(pid);
    if (pid !== process.pid && facts !== undefined && mayBeOurs(facts) && facts.hasArgument?.(marker))
      found.push({ pid, startTime: facts.startTime, marker });
  }
  return found;
}

const mayBeOurs = ({ uid }: ProcessFacts): boolean => {
  const user = process.geteuid?.();
  return user === 0 || uid === user;
};

/** The command line of a process, for naming it to a person. */
export function describeProcess(pid: number): string {
  try {
    const line =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : ps(['-o', 'command=', '-p', String(pid)]);
    return line.trim().slice(0, 120);
  } catch {
    return '';
  }
}

function processFacts(pid: number): ProcessFacts | undefined {
  try {
    return process.platform === 'linux' ? linuxFacts(pid) : psFacts(pid);
  } catch {
    return undefined;
  }
}

function linuxFacts(pid: number): ProcessFacts | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields[19]; // field 22 of the whole line: start in clock ticks since boot
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const startTime = `${boot}:${ticks}`;
  const { uid } = statSync(`/proc/${pid}`);
  if (fields[0] === 'Z') {
    // Killed: the first thread is gone and the command line with it, but until the last one is, its ports stay taken.
    const dying = readdirSync(`/proc/${pid}/task`).length > 1;
    return dying ? { uid, startTime, hasArgument: undefined } : undefined;
  }
  const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  // Its memory is gone before its state says so: a process that has no command line any more is dying too.
  if (line === '') return { uid, startTime, hasArgument: undefined };
  const args = line.split('\0');
  return { uid, startTime, hasArgument: (argument) => args.includes(argument) };
}

/** Every process of a Linux. */
export const linuxPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** `ps` gives the command line as one text, so an argument is a stretch of it between blanks. */
function psFacts(pid: number): ProcessFacts | undefined {
  const line = ps(['-ww', '-o', 'state=,uid=,lstart=,command=', '-p', String(pid)]).trim();
  const [, state = '', uid = '', startTime = '', command = ''] =
    /^(\S+)\s+(\d+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line) ?? [];
  if (startTime === '' || state.startsWith('Z')) return undefined;
  return { uid: Number(uid), startTime, hasArgument: (argument) => ` ${command} `.includes(` ${argument} `) };
}

const psPids = (marker: string): number[] =>
  ps(['-axww', '-o', 'pid=,command='])
    .split('\n')
    .filter((line) => line.includes(marker))
    .map((line) => Number.parseInt(line, 10));

function ps(args: readonly string[]): string {
  return execFileSync('ps', args, { encoding: 'utf8', env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' } });
}
