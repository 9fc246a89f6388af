import type { Incident, IncidentKind, Severity } from '../../operate/watch/incident.ts';
import type { StreamView, WatchView } from '../../operate/watch/view.ts';

/** A stream at which nothing is wrong, changed by `more`. */
export const quietStream = (stream: string, more: Partial<StreamView> = {}): StreamView => ({
  stream,
  connector: `${stream}-sink`,
  role: 'leads',
  state: 'RUNNING',
  taskStates: ['RUNNING', 'RUNNING'],
  expectedTasks: 2,
  lag: 3n,
  committedRecords: 1_000n,
  commitAgeSeconds: 0.2,
  retentionUsed: 0,
  openRejected: 0n,
  openDeadLetters: 0n,
  producerAgeSeconds: 0.4,
  behindSlots: 2n,
  behindSeconds: 0.8,
  completeToSlot: 311_999_998n,
  completeAt: new Date(Date.now() - 1_500).toISOString(),
  missingRanges: 0,
  hasStrayRows: undefined,
  lackingPartitions: undefined,
  restarts: {},
  quarantined: 0,
  ...more,
});

/** What watch knows while nothing is wrong, changed by `more`. */
export const quietView = (more: Partial<WatchView> = {}): WatchView => ({
  environment: 'production',
  lookedAt: Date.now(),
  lookMs: 120,
  parts: { brokers: true, registry: true, database: true, worker: true },
  streams: [quietStream('positions')],
  incidents: [],
  ...more,
});

/** An incident of the stream `positions`, changed by `more`. */
export const incidentOf = (kind: IncidentKind, severity: Severity, more: Partial<Incident> = {}): Incident => ({
  id: '1',
  key: `production/positions/${kind}`,
  environment: 'production',
  stream: 'positions',
  connector: 'positions-sink',
  kind,
  severity,
  summary: 'something is wrong',
  next: 'wait',
  needsPerson: false,
  openedAt: '2026-11-28T18:00:00.000Z',
  updatedAt: '2026-11-28T18:00:00.000Z',
  ...more,
});
