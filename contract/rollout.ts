/** The parts of a change in the safe order: no part sends what the next one cannot take yet. */
const ROLLOUT_STEPS = ['migration', 'schema', 'connector', 'producer'] as const;

type RolloutStepName = (typeof ROLLOUT_STEPS)[number];

const HOW: Readonly<Record<RolloutStepName, { readonly need: string; readonly command: string }>> = {
  migration: { need: 'a migration', command: 'connect migrate up' },
  schema: { need: 'a schema', command: 'connect schemas register' },
  connector: { need: 'a connector configuration', command: 'connect deploy' },
  producer: { need: 'a proto', command: 'connect produce' },
};

/** A remedy that says which step a change is missing: "add a migration that …; it comes first in …". */
export function nextStep(step: RolloutStepName, thatDoes: string): string {
  const place = ROLLOUT_STEPS.indexOf(step);
  const order = place === 0 ? 'it goes first' : `it goes after the ${ROLLOUT_STEPS[place - 1]}`;
  return `add ${HOW[step].need} that ${thatDoes} (${order}: ${ROLLOUT_STEPS.join(' → ')})`;
}

/** The fields that each part knows, by name. */
export interface KnownFields {
  /** Columns of the table. */
  readonly migration: ReadonlySet<string>;
  /** Fields of the newest registered Avro schema. */
  readonly schema: ReadonlySet<string>;
  /** Fields that the sink's transforms let through. */
  readonly connector: ReadonlySet<string>;
}

interface RolloutStep {
  readonly step: RolloutStepName;
  /** Fields this step brings. */
  readonly fields: readonly string[];
  readonly command: string;
  /** True when a later part knows the field already: a step was skipped, and the sink may be failing now. */
  readonly overdue: boolean;
}

/**
 * The steps that are left, in their order, until the running parts match the files. Empty when nothing is left.
 * The producer restarts whenever the schema changes: it encodes with the schema that it read at its start.
 */
export function rolloutSteps(desired: KnownFields, running: KnownFields): RolloutStep[] {
  const missing = (step: keyof KnownFields): string[] =>
    [...desired[step]].filter((field) => !running[step].has(field)).sort();
  const steps: RolloutStep[] = [];
  const later = { migration: ['schema', 'connector'], schema: ['connector'], connector: [] } as const;
  for (const step of ['migration', 'schema', 'connector'] as const) {
    const fields = missing(step);
    if (fields.length === 0) continue;
    const overdue = fields.some((field) => later[step].some((part) => running[part].has(field)));
    steps.push({ step, fields, command: HOW[step].command, overdue });
  }
  const published = missing('schema');
  if (published.length > 0) {
    steps.push({ step: 'producer', fields: published, command: HOW.producer.command, overdue: false });
  }
  return steps;
}
