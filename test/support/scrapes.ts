/** One value of a series at one time. */
export interface SeriesValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Scrape {
  readonly at: number;
  readonly values: readonly SeriesValue[];
}

/** The name of a metric stands among its labels, as in Prometheus. */
export const NAME = '__name__';
/** After so long without a scrape a series is gone. */
const LOOKBACK_MS = 300_000;

/**
 * What Prometheus would have stored of some targets. A scrape that fails ends the series of its target, but for `up`.
 * Times are ms.
 */
export class Scrapes {
  private readonly targets = new Map<string, Scrape[]>();

  /** Stores what a target answered; undefined when it did not. */
  add(job: string, at: number, text: string | undefined): void {
    const target = { job, instance: `${job}:9464` };
    const up = { labels: { [NAME]: 'up', ...target }, value: text === undefined ? 0 : 1 };
    const values = [...parseScrape(text ?? '')].map(({ labels, value }) => ({
      labels: { ...labels, ...target },
      value,
    }));
    this.targets.set(job, [...(this.targets.get(job) ?? []), { at, values: [up, ...values] }]);
  }

  /** The series that `matches`, as they were last seen. */
  at(time: number, matches: (labels: SeriesValue['labels']) => boolean): SeriesValue[] {
    return [...this.targets.values()].flatMap((scrapes) => {
      const last = scrapes.findLast(({ at }) => at <= time);
      return last === undefined || time - last.at > LOOKBACK_MS
        ? []
        : last.values.filter(({ labels }) => matches(labels));
    });
  }

  /** The values of each series that `matches`, after `from` and up to `to`, in their order. */
  between(
    from: number,
    to: number,
    matches: (labels: SeriesValue['labels']) => boolean,
  ): { readonly labels: SeriesValue['labels']; readonly values: number[] }[] {
    const found = new Map<string, { labels: SeriesValue['labels']; values: number[] }>();
    for (const { at, values } of [...this.targets.values()].flat()) {
      if (at <= from || at > to) continue;
      for (const { labels, value } of values) {
        if (!matches(labels)) continue;
        const series = found.get(keyOf(labels));
        if (series === undefined) found.set(keyOf(labels), { labels, values: [value] });
        else series.values.push(value);
      }
    }
    return [...found.values()];
  }
}

/** The same for the same labels. */
export const keyOf = (labels: SeriesValue['labels']): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The samples of a scrape in Prometheus' text format. */
function* parseScrape(text: string): Generator<SeriesValue> {
  for (const line of text.split('\n')) {
    const [, name, inside = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const labels = [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].flatMap(([, label = '', content = '']) =>
      // An empty label is none.
      content === '' ? [] : [[label, content.replaceAll(/\\(.)/g, '$1')]],
    );
    yield { labels: { [NAME]: name, ...Object.fromEntries(labels) }, value: Number(value.replace('Inf', 'Infinity')) };
  }
}
