import type { WatchEvent } from '../../operate/watch/event.ts';
import type { Incident } from '../../operate/watch/incident.ts';

/** An incident of a record that stops a sink, with what the test says of it. */
export const incidentOf = (given: Partial<Incident> = {}): Incident => ({
  id: 'a1',
  key: 'production/positions/record',
  environment: 'production',
  stream: 'positions',
  connector: 'perps-positions',
  kind: 'record',
  severity: 'critical',
  summary: 'a record stops the sink',
  cause: 'PSQLException: value too long for type character varying(20)',
  record: 'positions-3@81244',
  next: '`connect quarantine` moves it',
  needsPerson: true,
  openedAt: '2026-11-28T03:00:00.000Z',
  updatedAt: '2026-11-28T03:00:00.000Z',
  ...given,
});

/** What watch tells of it. */
export const incidentEvent = (what: 'opened' | 'updated' | 'closed', given: Partial<Incident> = {}): WatchEvent => ({
  time: '2026-11-28T03:00:05.000Z',
  environment: 'production',
  event: `incident.${what}`,
  incident: incidentOf(given),
});
