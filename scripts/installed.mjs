/**
 * Whether the packages of pnpm-lock.yaml are installed. With --install it installs them: for what developers run. A command that holds the
 * logins of production installs nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const read = (name) => {
  const file = new URL(name, root);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
};
// pnpm keeps a copy of what it has installed.
const isInstalled = read('node_modules/.pnpm/lock.yaml') === read('pnpm-lock.yaml');

function install() {
  const pnpm = process.env.npm_execpath ?? 'pnpm';
  const [command, ...first] = /\.[cm]?js$/.test(pnpm) ? [process.execPath, pnpm] : [pnpm];
  const { status, error } = spawnSync(command, [...first, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error !== undefined)
    console.error(`✗ pnpm cannot be run (${error.code})\n  hint  run \`npx -y pnpm install\` first`);
  return status ?? 1;
}

if (!isInstalled && process.argv.includes('--install')) process.exitCode = install();
else if (!isInstalled) {
  console.error(
    '✗ the packages of pnpm-lock.yaml are not installed, and this command installs none\n  hint  run `npx -y pnpm install`',
  );
  process.exitCode = 1;
}
