import type { Incident, IncidentKind } from './incident.ts';

/** Something that is wrong as one look sees it, before it is an incident. */
export interface Draft
  extends Pick<
    Incident,
    'stream' | 'connector' | 'kind' | 'severity' | 'summary' | 'cause' | 'record' | 'next' | 'needsPerson'
  > {
  /** In so many looks one after the other it has to be seen. Default 1. */
  readonly looks?: number | undefined;
  /** Readers are told again when this changes. Default: `severity`, `record` and `needsPerson`. */
  readonly told?: string | undefined;
}

/** What one look makes of something. */
export interface Findings {
  readonly drafts: readonly Draft[];
  /** Kinds of which this look could see nothing: what is open stays open. */
  readonly unseen: readonly IncidentKind[];
}

/** Of findings about different things. */
export const mergeFindings = (all: readonly Findings[]): Findings => ({
  drafts: all.flatMap(({ drafts }) => drafts),
  unseen: all.flatMap(({ unseen }) => unseen),
});
