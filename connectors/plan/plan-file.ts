import { isDeepStrictEqual } from 'node:util';
import { ConnectError } from '../../core/errors.ts';
import { appliedByDeploy, isSameEntry, type PlanEntry, plain, titleOf } from './entry.ts';
import { type Fingerprint, hash } from './fingerprint.ts';
import type { Plan } from './plan.ts';
import type { StartFrom } from './start-plan.ts';

/** What was asked for when the plan was made; a deploy of the plan asks for the same. */
export interface PlanOptions {
  /** Streams; undefined: all. */
  readonly only?: readonly string[] | undefined;
  readonly growTopics: boolean;
  readonly prune: boolean;
  readonly from: StartFrom;
}

/** A plan and the world it was made in. */
export interface MadePlan {
  readonly plan: Plan;
  readonly options: PlanOptions;
  readonly fingerprints: Readonly<Record<string, Fingerprint>>;
  /** Hash of the environment's definition; references stand in it, no secrets. */
  readonly environment: string;
}

/** Of the file's shape; a file of another one is refused. */
export const PLAN_VERSION = 1;

export interface SavedPlan extends MadePlan {
  readonly format: 'perps-connect plan';
  readonly version: typeof PLAN_VERSION;
}

/** A plan that was read, with what tells it from any other. */
export interface ReadPlan extends SavedPlan {
  readonly digest: string;
}

/** Hides secrets in whatever has no other form than JSON's. */
export type Hide = (value: unknown) => unknown;

/**
 * The text of a plan file, and its digest, which whoever approves it hands on. It holds no secret: the plan shows none, hashes are taken
 * without them, and `hide` has the last word.
 */
export function planFile(made: MadePlan, hide: Hide): { readonly text: string; readonly digest: string } {
  const head = { format: 'perps-connect plan', version: PLAN_VERSION } as const;
  const saved = { ...head, ...withoutSecretsIn(made, hide) };
  const digest = hash(saved);
  return { text: `${JSON.stringify({ ...saved, checksum: digest }, null, 2)}\n`, digest };
}

/** A plan as a file has it. */
export function withoutSecretsIn({ plan, options, fingerprints, environment }: MadePlan, hide: Hide): MadePlan {
  return plain(hide({ options, plan, fingerprints, environment })) as MadePlan;
}

/**
 * Reads a plan file. What it says is never acted on by itself: a deploy plans anew and goes on only when that comes to the same. Its
 * digest shows an edit by mistake; an edit on purpose only whoever has the digest from elsewhere, because it is made from the file.
 * Errors: USAGE for a file that is none, of another version, or edited.
 */
export function readPlanFile(file: string, text: string): ReadPlan {
  const refuse = (why: string, hint: string): never => {
    throw new ConnectError('USAGE', `${file} ${why}; nothing was done`, { details: { file }, hint });
  };
  const again = 'make a new one: `connect plan --out FILE`';
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return refuse('is no plan file: it is not JSON', again);
  }
  const { checksum, ...saved } = (data ?? {}) as SavedPlan & { readonly checksum?: string };
  if (saved.format !== 'perps-connect plan') return refuse('is no plan file', again);
  if (saved.version !== PLAN_VERSION) {
    const why = `is a plan of version ${String(saved.version)}, this program reads ${PLAN_VERSION}`;
    return refuse(why, 'plan and deploy with one version');
  }
  if (checksum !== hash(saved)) return refuse('was changed after it was written', again);
  return { ...saved, digest: checksum };
}

/**
 * What is no longer as it was when the plan was saved, one line each; empty when the plan can be applied exactly. What other
 * commands have done meanwhile, as the plan itself says, is no difference.
 */
export function planDrift(saved: MadePlan, now: MadePlan): string[] {
  const before = new Map(saved.plan.entries.map((entry) => [titleOf(entry), entry]));
  const after = new Map(now.plan.entries.map((entry) => [titleOf(entry), entry]));
  const lines = [...new Set([...before.keys(), ...after.keys()])].flatMap((title) => {
    const then = before.get(title);
    const current = after.get(title);
    if (then === undefined) return [`${title}: not in the plan; now: ${current?.summary}`];
    if (current === undefined) return [`${title}: in the plan, no longer there`];
    return entryDrift(title, then, current, saved.fingerprints[title], now.fingerprints[title]);
  });
  if (saved.plan.target !== now.plan.target || saved.environment !== now.environment) {
    return [`environment ${saved.plan.environment}: its definition in connect.yaml changed`, ...lines];
  }
  return lines;
}

function entryDrift(
  title: string,
  then: PlanEntry,
  now: PlanEntry,
  before: Fingerprint | undefined,
  after: Fingerprint | undefined,
): string[] {
  if (!appliedByDeploy(then) && now.action === 'unchanged') return [];
  if (isSameEntry(then, now) && before?.desired === after?.desired && before?.observed === after?.observed) return [];
  const who = [
    ...(before?.desired === after?.desired ? [] : ['its definition changed']),
    ...(before?.observed === after?.observed ? [] : ['it changed on the cluster']),
  ];
  const reason = who.length === 0 ? '' : `${who.join(' and ')}; `;
  const keys = [...then.changes, ...now.changes]
    .filter(({ key }) => !isDeepStrictEqual(plain(changeOf(then, key)), plain(changeOf(now, key))))
    .map(({ key }) => key);
  const settings = keys.length === 0 ? '' : ` (${[...new Set(keys)].join(', ')})`;
  return [`${title}: ${reason}planned: ${then.action}, now: ${now.action}${settings}`];
}

const changeOf = ({ changes }: PlanEntry, key: string): unknown => changes.find((change) => change.key === key) ?? null;
