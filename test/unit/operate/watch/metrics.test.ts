import { expect, onTestFinished, test } from 'vitest';
import { serveWatch } from '../../../../operate/watch/metrics.ts';
import type { WatchView } from '../../../../operate/watch/view.ts';
import { incidentOf, quietStream, quietView } from '../../../support/watch-view.ts';

async function serve(view: () => WatchView) {
  const listen = { host: '127.0.0.1', port: 0 };
  const { url, close } = await serveWatch({ listen, environment: 'production', everyMs: 5_000, view });
  onTestFinished(close);
  const text = async (path: string) => (await fetch(`${url}${path}`)).text();
  /** Lines of watch's own metrics without its name and the environment, which all have. */
  const lines = async () =>
    [...(await text('/metrics')).matchAll(/^perps_connect_watch_(.*)$/gm)].map(([, line = '']) =>
      line.replace(/,?environment="production"/, '').replace('{}', ''),
    );
  return { lines, text };
}

test('shows what watch knows of each stream and part', async () => {
  const view = quietView({
    lookedAt: 1_790_000_000_500,
    parts: { brokers: true, registry: undefined, database: false, worker: true },
    streams: [
      quietStream('positions', { taskStates: ['RUNNING', 'FAILED'], restarts: { database: 3 }, retentionUsed: 0.25 }),
      quietStream('trades', { state: undefined, taskStates: [], lag: undefined, openRejected: 4n, quarantined: 1 }),
    ],
    incidents: [
      incidentOf('sink-failed', 'critical'),
      incidentOf('database', 'critical', { stream: undefined, connector: undefined }),
    ],
  });
  const { lines } = await serve(() => view);
  const shown = await lines();
  const of = (stream: string) => `stream="${stream}",connector="${stream}-sink"`;
  expect(shown).toEqual(
    expect.arrayContaining([
      `sink_state{${of('positions')},state="RUNNING"} 1`,
      `sink_state{${of('positions')},state="FAILED"} 0`,
      `sink_tasks{${of('positions')},state="FAILED"} 1`,
      `sink_tasks_expected{${of('positions')}} 2`,
      `lag_records{${of('positions')}} 3`,
      `committed_records_total{${of('positions')}} 1000`,
      `commit_age_seconds{${of('positions')}} 0.2`,
      `retention_used_ratio{${of('positions')}} 0.25`,
      `restarts_total{${of('positions')},cause="database"} 3`,
      `restarts_total{${of('positions')},cause="unknown"} 0`,
      `rejected_updates{${of('trades')}} 4`,
      `dead_letter_records{${of('trades')}} 0`,
      `producer_age_seconds{${of('positions')}} 0.4`,
      `freshness_slots{${of('positions')}} 2`,
      `freshness_seconds{${of('positions')}} 0.8`,
      `quarantined_records_total{${of('trades')}} 1`,
      `role{${of('positions')},role="leads"} 1`,
      `role{${of('positions')},role="stands-by"} 0`,
      `incidents{${of('positions')},kind="sink-failed",severity="critical"} 1`,
      'incidents{stream="",connector="",kind="database",severity="critical"} 1',
      'part_up{part="brokers"} 1',
      'part_up{part="database"} 0',
      'look_duration_seconds 0.12',
      'last_look_timestamp_seconds 1790000000.5',
    ]),
  );
  // What was not asked, or has no answer, is no value.
  expect(
    shown.filter((line) => /part="registry"|(sink_state|sink_tasks|lag_records)\{stream="trades"/.test(line)),
  ).toEqual([]);
});

test('holds no owner, no position, no symbol, no cause and no word that a server made up', async () => {
  const secrets = ['9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin', 'SOL-PERP', 'hunter2', 'worker-7:8083', '81244'];
  const [position, symbol, password, owner, offset] = secrets;
  const incident = incidentOf('record', 'critical', {
    id: `${owner}-1`,
    key: `production/positions/${offset}`,
    summary: `record of ${position} (${symbol}) stops the sink`,
    cause: `ERROR: duplicate key (position_account)=(${position}); password=${password}`,
    record: `positions-3@${offset}`,
    next: `connect quarantine by ${owner}`,
  });
  const stream = quietStream('positions', {
    state: `FAILED on ${owner}`,
    taskStates: [`FAILED: ${position}`, 'RUNNING'],
  });
  const { lines, text } = await serve(() => quietView({ incidents: [incident], streams: [stream] }));
  const scrape = await text('/metrics');
  expect(secrets.filter((secret) => scrape.includes(secret ?? ''))).toEqual([]);
  expect(await text('/readyz')).toBe('ok\n');
  expect(await lines()).toEqual(
    expect.arrayContaining([
      'sink_state{stream="positions",connector="positions-sink",state="OTHER"} 1',
      'sink_tasks{stream="positions",connector="positions-sink",state="OTHER"} 1',
      'incidents{stream="positions",connector="positions-sink",kind="record",severity="critical"} 1',
    ]),
  );
  // A label that somebody adds is looked at here first.
  const labels = new Set([...scrape.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
  expect(
    [...labels].filter((label) => !/^(type|kind|version|major|minor|patch|space|le)$/.test(label ?? '')).sort(),
  ).toEqual(['cause', 'connector', 'environment', 'part', 'role', 'severity', 'state', 'stream']);
});

test('is ready while its looks end', async () => {
  let view = quietView({ lookedAt: undefined });
  const { text } = await serve(() => view);
  expect(await text('/readyz')).toBe('watch has not looked yet\n');
  view = quietView({ lookedAt: Date.now() - 59_000 });
  expect(await text('/readyz')).toBe('ok\n');
  view = quietView({ lookedAt: Date.now() - 61_000 });
  expect(await text('/readyz')).toBe('the last look ended 61 s ago\n');
});
