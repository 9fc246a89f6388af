import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';
import { cacheFolder } from '../../stack/folders.ts';
import { freePorts } from './free-ports.ts';
import { createStackFolder } from './stack-folder.ts';

/** Somebody who has nothing but the package: an unprivileged user with a home of his own. */
export type PackageUser = Awaited<ReturnType<typeof createPackageUser>>;

interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

/** Runs a program to its end and returns all that it wrote; fails with that when it does not end with 0. */
export async function runProgram(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  }
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code === 0) return written;
  throw new Error(`${file} ${args.join(' ')} ended with ${code}\n${written}`);
}

/** A checkout as somebody has it who has just cloned it: the files that git knows, and the installed packages. */
export function cloneCheckout(folder: string): void {
  const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: packageRoot(),
    encoding: 'utf8',
  });
  for (const path of list.split('\0').filter((name) => name !== '' && existsSync(join(packageRoot(), name)))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(packageRoot(), path), join(folder, path));
  }
  symlinkSync(join(packageRoot(), 'node_modules'), join(folder, 'node_modules'));
  chmodSync(folder, 0o700);
}

/** The process environment without what the run of these tests has put in. */
export function plainEnvironment(home: string): NodeJS.ProcessEnv {
  const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_|pnpm_|VITEST|NODE_OPTIONS|NODE_ENV|INIT_CWD|XDG_|PERPS_)/i.test(name) || name === 'npm_config_registry',
  );
  return {
    ...Object.fromEntries(kept),
    PATH: path.join(':'),
    HOME: home,
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
  };
}

/** A user with an empty home. Where root runs the tests it is nobody, with the downloaded parts in a cache of its own. */
export async function createPackageUser() {
  const folder = createStackFolder();
  const home = join(folder, 'home');
  mkdirSync(home);
  const isRoot = process.getuid?.() === 0;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  const user = isRoot ? { uid: id('-u'), gid: id('-g') } : {};
  const own = (path: string) => {
    if (user.uid !== undefined) chownSync(path, user.uid, user.gid);
  };
  const cache = isRoot ? join(home, 'parts') : cacheFolder(process.env);
  if (isRoot) {
    execFileSync('cp', ['-al', cacheFolder(process.env), cache]);
    own(cache);
    for (const entry of readdirSync(cache, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) own(join(entry.parentPath, entry.name));
    }
  }
  own(home);
  const ports = await freePorts(5);
  const names = ['KAFKA', 'REGISTRY', 'POSTGRES', 'CONNECT', 'FEED'];
  const env = {
    ...plainEnvironment(home),
    CONNECT_CACHE_DIR: cache,
    ...Object.fromEntries(names.map((name, index) => [`CONNECT_PORT_${name}`, String(ports[index])])),
  };
  return {
    /** Of all that he has; `removeStackFolder` takes it. */
    folder,
    home,
    user,
    env,
    /** Gives the user a file or folder that the test has made. */
    own,
    /** Runs a line of a shell as this user, and returns all that it wrote. Fails when it does not end with 0. */
    run: (cwd: string, line: string) => runProgram('sh', ['-c', line], { cwd, env, ...user }),
  };
}
