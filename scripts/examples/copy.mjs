import { spawn, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bound of one command, and of one that serves until it says so. */
const COMMAND_MS = 600_000;
const SERVING_MS = 60_000;

/** An example in a folder of its own, with a shell in it. `ports`: variables, for its local stack. */
export function copyExample(from, { tarball, work, ports }) {
  const name = basename(from);
  const folder = join(work, name);
  cpSync(from, folder, { recursive: true });
  const read = (path) => readFileSync(join(folder, path), 'utf8');
  // As long as the package is on no registry.
  const manifest = read('package.json').replace(/(?<="perps-connect": ")\d[^"]*/, `file:${tarball}`);
  writeFileSync(join(folder, 'package.json'), manifest);
  const env = { ...process.env, npm_config_audit: 'false', npm_config_fund: 'false', ...ports };
  const servers = [];

  /** Runs a command to its end, which is an error unless it ends with `code`. */
  function run(command, { code = 0, quiet = false } = {}) {
    console.log(`${name}$ ${command}`);
    const ended = spawnSync('bash', ['-c', command], {
      cwd: folder,
      env,
      encoding: 'utf8',
      timeout: COMMAND_MS,
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (ended.status !== code || !quiet) process.stdout.write(ended.stdout + ended.stderr);
    if (ended.status !== code) throw new Error(`${command}: ended with ${ended.status ?? ended.signal}, not ${code}`);
    return ended;
  }

  return {
    folder,
    env,
    read,
    run,
    /** Of environments that were started for it, by their names. */
    environments: new Map(),
    /** What a command of the package prints as JSON. */
    json: (command) => JSON.parse(run(`npx perps-connect ${command} -o json`, { quiet: true }).stdout),
    /** Says that something holds. Throws where it does not. */
    holds(isSo, what) {
      if (!isSo) throw new Error(`${name}: does not hold: ${what}`);
      console.log(`${name}: ${what}`);
    },
    /** Runs a command again until the JSON that it prints is as wanted. */
    async until(command, isWanted) {
      for (const end = Date.now() + SERVING_MS; ; await sleep(500)) {
        const { stdout } = run(command);
        if (isWanted(JSON.parse(stdout))) return;
        if (Date.now() > end) throw new Error(`${command}: not as wanted: ${stdout}`);
      }
    },
    /** Starts what serves, and returns when it says so. */
    async serve(command, says) {
      console.log(`${name}$ ${command} &`);
      const child = spawn('bash', ['-c', command], { cwd: folder, env, detached: true });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          text += chunk;
        });
      servers.push({ child, ended: new Promise((resolve) => child.once('close', resolve)) });
      for (const end = Date.now() + SERVING_MS; !says.test(text); await sleep(200))
        if (child.exitCode !== null || Date.now() > end) throw new Error(`${command}: does not serve\n${text}`);
    },
    /** Ends what serves, the last first. */
    async endServers() {
      for (const { child, ended } of servers.splice(0).reverse()) {
        if (child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
        await ended;
      }
    },
  };
}
