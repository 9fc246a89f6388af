export type Labels = Readonly<Record<string, string>>;

/** One value of a metric; undefined when it is not known now, and so not shown. */
export type Sample = readonly [labels: Labels, value: number | bigint | undefined];

interface Description {
  readonly name: string;
  readonly help: string;
  /** Names of the labels that each sample has. */
  readonly labels?: readonly string[];
}

/** A metric whose values are read when somebody scrapes. */
interface ReadMetric extends Description {
  /** A count that only grows. Default: a value of now. */
  readonly type?: 'gauge' | 'counter';
  readonly read: () => Iterable<Sample>;
}

/** What a process tells Prometheus, together with its own processor time, memory and event-loop delay. */
export type Metrics = Awaited<ReturnType<typeof createMetrics>>;

/** Wakes the process a hundred times a second. */
const EVENT_LOOP = /^nodejs_eventloop_lag/;
const SELDOM_MS = 60_000;

/** `labels` stand on every sample. `withEventLoop`: how late the event loop is, which costs half a per cent of a core. */
export async function createMetrics(labels: Labels, { withEventLoop = true } = {}) {
  const { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } = await import('prom-client');
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  collectDefaultMetrics({
    register: registry,
    ...(withEventLoop ? {} : { eventLoopMonitoringPrecision: SELDOM_MS }),
  });
  if (!withEventLoop)
    for (const { name } of registry.getMetricsAsArray()) if (EVENT_LOOP.test(name)) registry.removeSingleMetric(name);

  return {
    add({ name, help, labels: labelNames = [], type = 'gauge', read }: ReadMetric): void {
      const config = { name, help, labelNames, registers: [registry] };
      if (type === 'counter') {
        const counter = new Counter({
          ...config,
          collect() {
            counter.reset();
            for (const [of, value] of read()) counter.inc(of, Number(value ?? 0));
          },
        });
        return;
      }
      const gauge = new Gauge({
        ...config,
        collect() {
          gauge.reset();
          // Without labels, a reset would leave a 0.
          if (labelNames.length === 0) gauge.remove();
          for (const [of, value] of read()) if (value !== undefined) gauge.set(of, Number(value));
        },
      });
    },
    /** Returns what takes a measured value. */
    histogram({ name, help, labels: labelNames = [], buckets }: Description & { readonly buckets: readonly number[] }) {
      const histogram = new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] });
      return (of: Labels, value: number): void => histogram.observe(of, value);
    },
    contentType: registry.contentType,
    /** In Prometheus' text format. */
    text: (): Promise<string> => registry.metrics(),
  };
}
