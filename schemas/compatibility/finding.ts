/** `error` fails a check; `note` is worth knowing and passes. */
export type Severity = 'error' | 'note';

/** One thing a check found, with its place in a file and what to do instead. */
export interface Finding {
  /** Stable id in UPPER_SNAKE, e.g. `DECIMAL_SCALE_CHANGED`. */
  readonly rule: string;
  /** What it is about: a path into the schema (`/fields/size/type`) or a full name (`perps.v1.PositionUpdate.size`). */
  readonly path: string;
  /** Relative to the project. */
  readonly file: string;
  /** Counted from 1, as editors do. */
  readonly line: number;
  readonly column: number;
  /** What breaks, and for whom. */
  readonly message: string;
  /** How to do it instead. */
  readonly remedy: string;
  readonly severity: Severity;
  /** What it was compared with: "main at 1a2b3c4", "registry version 3". */
  readonly against?: string;
}

/** Whether any finding fails the check. */
export const hasErrors = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error');

/** By place, then rule: the same findings always come in the same order, whatever the machine's locale. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      compareText(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compareText(a.rule, b.rule) ||
      compareText(a.path, b.path) ||
      compareText(a.message, b.message) ||
      compareText(a.against ?? '', b.against ?? ''),
  );
}

/** One finding for what was found against several older versions; `against` then names them all. */
export function mergeFindings(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.rule, finding.file, finding.path, finding.message]);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, finding);
    else if (finding.against !== undefined && !(known.against ?? '').split(', ').includes(finding.against)) {
      merged.set(key, {
        ...known,
        against: known.against === undefined ? finding.against : `${known.against}, ${finding.against}`,
      });
    }
  }
  return [...merged.values()];
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
