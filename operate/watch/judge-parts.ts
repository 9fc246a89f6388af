import type { Draft, Findings } from './draft.ts';
import type { PartSighting, Sighting } from './sighting.ts';
import { SHARED_PARTS, type SharedPart } from './view.ts';

/** A part that missed one look may only have been slow. */
const LOOKS = 2;

const WORDS: Readonly<Record<SharedPart, Pick<Draft, 'severity' | 'summary' | 'next'>>> = {
  brokers: {
    severity: 'critical',
    summary: 'Kafka does not answer: nothing is published and nothing is read',
    next: 'watch only reports until the brokers answer; look at them',
  },
  registry: {
    severity: 'warning',
    summary: 'the schema registry does not answer: sinks and producers that start now fail',
    next: 'watch restarts what fails because of it as soon as it answers; look at the registry',
  },
  database: {
    severity: 'critical',
    summary: 'PostgreSQL takes no rows',
    next: 'watch restarts what fails because of it as soon as it takes writes; look at PostgreSQL',
  },
  worker: {
    severity: 'critical',
    summary: 'Kafka Connect does not answer: nobody sees whether the sinks run',
    next: 'look at the workers; sinks that have failed are restarted once they answer',
  },
};

/** The parts that all streams share and that do not answer or cannot serve. */
export function judgeParts(parts: Sighting['parts']): Findings {
  const drafts = SHARED_PARTS.filter((part) => !parts[part].ok).map((part) => partDraft(part, parts[part]));
  return { drafts, unseen: [] };
}

const partDraft = (kind: SharedPart, { why, hint }: PartSighting): Draft => {
  const { severity, summary, next } = WORDS[kind];
  const advice = hint === undefined ? next : `${next}: ${hint}`;
  return { kind, severity, summary, cause: why, next: advice, needsPerson: false, looks: LOOKS };
};
