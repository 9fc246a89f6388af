import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../../../core/package-root.ts';
import { loadProject } from '../../../../pipeline/load.ts';
import { checkpointTopic, deadLetterTopic, rejectedTopic } from '../../../../pipeline/names.ts';
import { composeFile, repositoryFile } from '../../../support/compose-file.ts';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly datasource: { readonly uid: string };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const { panels } = JSON.parse(repositoryFile('docker/observability/grafana/dashboards/pipeline.json')) as Dashboard;
const expressions = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
/**
 * Scrapes of a real broker and a real worker with the sink at work, by the exporter's configuration of this repository; and of a real
 * producer and watch while every task had failed.
 */
const scrapes = ['kafka', 'connect', 'produce', 'watch']
  .map((name) => repositoryFile(`test/fixtures/metrics/${name}.prom`))
  .join('\n');
/** Labels of each metric that was scraped, from `name{a="…",b="…"} 1.0`. */
const scraped = new Map(
  [...scrapes.matchAll(/^(\w+)\{([^}]*)\} /gm)].map(([, name = '', labels = '']) => [
    name,
    new Set([...labels.matchAll(/(\w+)="/g)].map(([, label]) => label)),
  ]),
);
/** Prometheus says by itself which target a value is from. */
const OF_TARGET = ['job', 'instance'];
const streams = loadProject(packageRoot(), {}).streams;

describe('the dashboard', () => {
  it.each(expressions)('$title shows only what a real part exports: $expr', ({ expr }) => {
    const metrics = [...expr.matchAll(/\b(?:kafka|perps_connect|nodejs|process)_\w+/g)].map(([name]) => name);
    expect(metrics).not.toEqual([]);
    expect(metrics.filter((name) => !scraped.has(name))).toEqual([]);
    const grouped = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/) ?? [];
    const selected = [...expr.matchAll(/(\w+)[!=]~?"/g)].map(([, label]) => label ?? '');
    for (const metric of metrics) {
      const known = (label: string) => OF_TARGET.includes(label) || scraped.get(metric)?.has(label);
      expect([...grouped, ...selected].filter((label) => !known(label))).toEqual([]);
    }
  });

  it('tells apart the topics of data, of refused updates and of dead letters by the names they are given', () => {
    const selecting = (title: string) => {
      const expr = expressions.find((expression) => expression.title === title)?.expr ?? '';
      const [, operator, pattern = ''] = /topic(=~|!~)"([^"]+)"/.exec(expr) ?? [];
      const matches = new RegExp(`^(?:${pattern})$`);
      return (topic: string) => matches.test(topic) === (operator === '=~');
    };
    for (const stream of streams) {
      const topics = [stream.topic.name, rejectedTopic(stream), deadLetterTopic(stream), checkpointTopic(stream)];
      expect(topics.map(selecting('Records into Kafka'))).toEqual([true, false, false, false]);
      expect(topics.map(selecting('Rejected'))).toEqual([false, true, false, false]);
      expect(topics.map(selecting('Dead letters'))).toEqual([false, false, true, false]);
    }
  });

  it('asks the data source that is provisioned, at the address Prometheus has', () => {
    const { datasources } = parse(
      repositoryFile('docker/observability/grafana/provisioning/datasources/prometheus.yaml'),
    ) as { datasources: { uid: string; url: string }[] };
    for (const { datasource } of panels) expect(datasource.uid).toBe(datasources[0]?.uid);
    const port = composeFile().services.prometheus?.ports?.[0]?.split(':')[2];
    expect(datasources[0]?.url).toBe(`http://prometheus:${port}`);
  });

  it('is provisioned from the folder that is mounted', () => {
    const { providers } = parse(
      repositoryFile('docker/observability/grafana/provisioning/dashboards/pipeline.yaml'),
    ) as { providers: { options: { path: string } }[] };
    const grafana = composeFile().services.grafana;
    expect(grafana?.volumes?.join('\n')).toContain(`/grafana/dashboards:${providers[0]?.options.path}:ro`);
    expect(grafana?.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
      `${providers[0]?.options.path}/pipeline.json`,
    );
  });
});
