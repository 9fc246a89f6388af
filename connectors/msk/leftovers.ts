import type { MskState } from './api.ts';

/** What deploys leave behind: plugins and worker configurations are never changed, so each change makes another. */

export type PartKind = 'plugin' | 'worker configuration';

/** One of them, as a list shows it. */
export interface MskPart {
  readonly kind: PartKind;
  readonly arn: string;
  readonly name: string;
  readonly state: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Of a plugin: where its ZIP came from. */
  readonly object?: { readonly bucket: string; readonly key: string } | undefined;
}

/** What a connector runs with; by ARN. */
export interface PartUse {
  readonly connector: string;
  readonly state: MskState;
  readonly plugin: string | undefined;
  readonly workerConfiguration: string | undefined;
}

/** What becomes of one of ours. */
export interface Leftover extends MskPart {
  readonly action: 'delete' | 'keep';
  readonly reason: string;
}

export interface OwnParts {
  /** The project's sinks. */
  readonly sinks: readonly string[];
  /** Where its plugins are uploaded to; undefined when the plugin is given by its ARN. */
  readonly bucket: { readonly bucket: string; readonly prefix?: string } | undefined;
  /** Names that the files want now. */
  readonly wanted: ReadonlySet<string>;
}

/** The account's quota of each kind, as AWS documents it. */
export const PART_QUOTA = 100;

const HASH = /-[0-9a-f]{12}$/;

/**
 * Decides about every part that is the project's own, the newest first: what a connector uses, what the files want, and of the
 * others the `keep` newest of each kind and sink stay, because a rollback may need them. Pure.
 */
export function planLeftovers(
  parts: readonly MskPart[],
  uses: readonly PartUse[],
  own: OwnParts,
  keep: number,
): Leftover[] {
  const kept = new Map<string, number>();
  return parts
    .filter((part) => isOwn(part, own))
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .map((part): Leftover => {
      const why = whyKept(part, uses, own);
      if (why !== undefined) return { ...part, action: 'keep', reason: why };
      if (/FAILED$/.test(part.state)) return { ...part, action: 'delete', reason: `is ${part.state}` };
      const series = `${part.kind} ${part.kind === 'plugin' ? '' : part.name.replace(HASH, '')}`;
      const number = (kept.get(series) ?? 0) + 1;
      kept.set(series, number);
      return number > keep
        ? { ...part, action: 'delete', reason: 'nothing uses it' }
        : {
            ...part,
            action: 'keep',
            reason: `nothing uses it; kept for a rollback (${number} of ${keep})`,
          };
    });
}

/** By name, and a plugin also by the place of its ZIP: another project of the account may name its plugins alike. */
function isOwn({ kind, name, object }: MskPart, { sinks, bucket }: OwnParts): boolean {
  if (!HASH.test(name)) return false;
  const stem = name.replace(HASH, '');
  if (kind === 'worker configuration') return sinks.includes(stem);
  const folder = `${bucket?.prefix ?? ''}${stem}-`;
  return stem === 'perps-connect' && object?.bucket === bucket?.bucket && object?.key.startsWith(folder) === true;
}

function whyKept({ arn, name, state }: MskPart, uses: readonly PartUse[], { wanted }: OwnParts): string | undefined {
  const users = uses.filter(({ plugin, workerConfiguration }) => plugin === arn || workerConfiguration === arn);
  if (users.length > 0) return `used by ${users.map(({ connector }) => connector).join(', ')}`;
  if (wanted.has(name)) return 'the files want it';
  return /^(CREATING|UPDATING|DELETING)$/.test(state) ? `is ${state}` : undefined;
}
