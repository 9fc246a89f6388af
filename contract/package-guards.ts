import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../core/package-root.ts';
import type { Catalog } from './catalog.ts';

/** The triggers and functions that this package's migrations make. */
export interface PackageGuards {
  /** By `schema.table` and name, as PostgreSQL prints them. */
  readonly triggers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Hashes by `schema.name(types)`. */
  readonly functions: Catalog['functions'];
}

let loaded: PackageGuards | undefined;

/** Reads the golden file once: what the migrations of this package make, not those of the project. */
export function packageGuards(): PackageGuards {
  loaded ??= JSON.parse(readFileSync(join(packageRoot(), 'contract', 'package-guards.json'), 'utf8')) as PackageGuards;
  return loaded;
}
