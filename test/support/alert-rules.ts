import { parse } from 'yaml';
import { repositoryFile } from './compose-file.ts';
import { evaluate, milliseconds } from './promql.ts';
import { keyOf, type Scrapes, type SeriesValue } from './scrapes.ts';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The alert rules of this repository. */
export const alertRules = (): readonly AlertRule[] => {
  const { groups } = parse(repositoryFile('docker/observability/alerts.yml')) as {
    groups: { rules: AlertRule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
};

/** An alert that fires. */
export interface Firing {
  readonly alert: string;
  readonly labels: SeriesValue['labels'];
}

/**
 * Evaluates rules as Prometheus does: an alert fires once its expression has had a value at each evaluation for the time that
 * the rule says (`for`), and ends with the first evaluation at which it has none. `speedUp` divides `for` and the ranges.
 */
export function createAlerts(scrapes: Scrapes, { rules = alertRules(), speedUp = 1 } = {}) {
  const since = new Map<string, number>();
  return (at: number): Firing[] => {
    const active = rules.flatMap((rule) =>
      evaluate(rule.expr, scrapes, at, { speedUp }).map(({ labels }) => ({
        rule,
        labels,
        key: rule.alert + keyOf(labels),
      })),
    );
    for (const key of [...since.keys()]) if (!active.some((alert) => alert.key === key)) since.delete(key);
    return active.flatMap(({ rule, labels, key }) => {
      const from = since.get(key) ?? at;
      since.set(key, from);
      const waitMs = rule.for === undefined ? 0 : milliseconds(rule.for) / speedUp;
      return at - from >= waitMs ? [{ alert: rule.alert, labels }] : [];
    });
  };
}
