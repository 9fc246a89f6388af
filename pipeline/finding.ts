/** A spot in a file of the project; line and column count from 1, as editors do. */
export interface Place {
  /** Relative to the project. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing wrong at one place. */
export interface Problem extends Place {
  /** What breaks, and for whom. */
  readonly message: string;
}

/** `error` fails a check; `note` is worth knowing and passes. */
export type Severity = 'error' | 'note';

/** A problem that a check found: by which rule, and what to do instead. */
export interface Finding extends Problem {
  /** Stable id in UPPER_SNAKE, e.g. `DECIMAL_SCALE_CHANGED`. */
  readonly rule: string;
  /** What it is about: a path into the schema (`/fields/size/type`) or a full name (`perps.v1.PositionUpdate.size`). */
  readonly path: string;
  /** How to do it instead. */
  readonly remedy: string;
  readonly severity: Severity;
  /** What it was compared with: "main at 1a2b3c4", "registry version 3". */
  readonly against?: string | undefined;
}

/** The first spot of a file: for what has no better place. */
export const startOf = (file: string): Place => ({ file, line: 1, column: 1 });

/** Whether any finding fails the check. */
export const hasErrors = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error');

/** By place, each message once. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const sorted = [...problems].sort((a, b) => comparePlaces(a, b) || compareText(a.message, b.message));
  return [...new Map(sorted.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/**
 * One finding for what was found against several older versions; `against` then names them all. By place, then rule: the
 * same findings always come in the same order, whatever the machine's locale.
 */
export function mergeFindings(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.rule, finding.file, finding.path, finding.message]);
    const against = merged.get(key)?.against?.split(', ') ?? [];
    if (finding.against !== undefined && !against.includes(finding.against)) against.push(finding.against);
    merged.set(key, {
      ...(merged.get(key) ?? finding),
      against: against.length === 0 ? undefined : against.join(', '),
    });
  }
  return [...merged.values()].sort(
    (a, b) =>
      comparePlaces(a, b) ||
      compareText(a.rule, b.rule) ||
      compareText(a.path, b.path) ||
      compareText(a.message, b.message),
  );
}

const comparePlaces = (a: Place, b: Place): number =>
  compareText(a.file, b.file) || a.line - b.line || a.column - b.column;

// Not localeCompare: the order must not depend on the machine.
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
