import { createHash } from 'node:crypto';
import { packageVersion } from '../../../core/package-root.ts';
import type { Incident } from '../incident.ts';
import type { Receiver } from './receiver.ts';

/** What a receiver is told: one event of one incident. */
export interface Notification {
  readonly event: 'incident.opened' | 'incident.updated' | 'incident.closed';
  readonly time: string;
  readonly incident: Incident;
}

/** A notification in the form of its receiver. Its texts are clean: see `cleanIncident`. */
export function bodyFor({ kind, routingKey }: Receiver, notification: Notification): object {
  if (kind === 'json') return jsonBody(notification);
  if (kind === 'slack') return slackBody(notification);
  return pagerDutyBody(notification, routingKey ?? '');
}

/** Held by notification.schema.json. A receiver that has seen the id already has been told already. */
const jsonBody = ({ event, time, incident }: Notification): object => ({
  id: `${incident.id}/${event.replace('incident.', '')}/${incident.updatedAt}`,
  event,
  time,
  environment: incident.environment,
  incident,
});

const SIGNS = { critical: ':red_circle:', warning: ':large_yellow_circle:' } as const;

/** Together the texts stay below the 3000 characters that a section of Slack may have. */
function slackBody({ event, incident }: Notification): object {
  const { key, severity, summary, cause, record, next, needsPerson, openedAt } = incident;
  const isOver = event === 'incident.closed';
  const sign = isOver ? ':large_green_circle:' : SIGNS[severity];
  const word = { 'incident.opened': severity, 'incident.updated': `still ${severity}`, 'incident.closed': 'over' }[
    event
  ];
  const title = `${sign} *${word}* ${forSlack(key, 300)}`;
  const lines = [
    title,
    forSlack(summary, 600),
    ...(cause === undefined ? [] : [`*cause* ${forSlack(cause, 900)}`]),
    ...(record === undefined ? [] : [`*record* ${forSlack(record, 200)}`]),
    ...(isOver ? [] : [`*next* ${forSlack(next, 700)}`]),
    ...(needsPerson && !isOver ? ['*a person is needed*'] : []),
  ];
  return {
    text: `${title}: ${forSlack(summary, 600)}`,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      // Verbatim: no name of a channel or person in it is looked up.
      { type: 'section', text: { type: 'mrkdwn', text: lines.join('\n'), verbatim: true } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: `since ${forSlack(openedAt, 40)}`, verbatim: true }] },
    ],
  };
}

/** Slack's three control characters escaped (`<!channel>` would call everybody); no longer than `max` when that is done. */
function forSlack(text: string, max: number): string {
  let escaped = '';
  for (const character of text) {
    const next = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }[character] ?? character;
    if (escaped.length + next.length >= max) return `${escaped}…`;
    escaped += next;
  }
  return escaped;
}

/** Limits of PagerDuty's Events API v2. */
const PAGERDUTY = { summary: 1024, dedupKey: 255 };

function pagerDutyBody({ event, incident }: Notification, routingKey: string): object {
  const { key, environment, connector, kind, severity, summary, openedAt, cause, record, next, needsPerson } = incident;
  const isOver = event === 'incident.closed';
  return {
    routing_key: routingKey,
    event_action: isOver ? 'resolve' : 'trigger',
    // The same each time: what was opened twice, or not closed, is one alert all the same.
    dedup_key: shortKey(key),
    client: `perps-connect ${packageVersion()}`,
    payload: {
      summary: shorter(`${key}: ${summary}`, PAGERDUTY.summary),
      severity,
      source: environment,
      component: connector ?? kind,
      group: environment,
      class: kind,
      timestamp: openedAt,
      custom_details: { cause, record, next, needs_person: needsPerson },
    },
  };
}

function shortKey(key: string): string {
  if (key.length <= PAGERDUTY.dedupKey) return key;
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return `${key.slice(0, PAGERDUTY.dedupKey - 17)}-${digest}`;
}

const shorter = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);

/** Longer texts are cut. */
const LONGEST_TEXT = 2000;

/** An incident as it may leave the machine: each text one line without secrets, and without values of a row. */
export function cleanIncident(incident: Incident, clean: (text: string) => string): Incident {
  const text = (given: string) => shorter(oneLine(clean(given)), LONGEST_TEXT);
  const { summary, cause, next } = incident;
  return {
    ...incident,
    summary: text(summary),
    next: text(next),
    ...(cause === undefined ? {} : { cause: text(cause) }),
  };
}

/** Control characters and those that turn the direction of writing become spaces. */
const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim();
