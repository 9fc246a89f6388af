import { withoutValues } from '../../core/without-values.ts';
import { gapText } from '../gaps.ts';
import { healthTexts } from '../partitions/read-health.ts';
import { isPartitioned } from '../partitions/read-partitions.ts';
import type { Draft, Findings } from './draft.ts';
import { judgeSink, type Situation } from './judge-sink.ts';

/** From this share of the retention on, somebody is told; from the second one on it is urgent. */
const RETENTION_WARNING = 0.5;
const RETENTION_CRITICAL = 0.8;
/** Records: a sink writes so many in about ten seconds. */
const LAG_LIMIT = 100_000n;
/** A producer writes a checkpoint every half second while its feed goes on. */
const PRODUCER_SILENCE_S = 60;

/** Everything that is wrong with one stream, as far as the look could see. */
export function judgeStream(situation: Situation): Findings {
  const sink = judgeSink(situation);
  const kafka = judgeTopics(situation);
  const partitions = judgeTable(situation);
  return {
    drafts: [...sink.drafts, ...kafka.drafts, ...partitions.drafts].map((draft) => ofStream(situation, draft)),
    unseen: [...sink.unseen, ...kafka.unseen, ...partitions.unseen],
  };
}

const ofStream = ({ seen: { stream } }: Situation, draft: Draft): Draft => ({
  ...draft,
  stream: stream.name,
  connector: stream.sink.name,
  cause: draft.cause === undefined ? undefined : withoutValues(draft.cause),
});

/** The partitions of a partitioned table. */
function judgeTable({ seen: { stream, partitions, partitionFailure } }: Situation): Findings {
  const texts = partitions === undefined ? [] : healthTexts(partitions);
  if (texts.length > 0 || partitionFailure !== undefined) {
    const summary = texts.length > 0 ? texts.join('; ') : 'its partitions could not be kept';
    const draft: Draft = {
      kind: 'partitions',
      severity: 'warning',
      summary,
      cause: partitionFailure,
      next: '`connect partitions plan` shows what is to be done, `connect partitions apply` does it; rows go on arriving meanwhile',
      needsPerson: true,
      looks: 2,
      told: JSON.stringify([texts, partitionFailure]),
    };
    return { drafts: [draft], unseen: [] };
  }
  return { drafts: [], unseen: isPartitioned(stream) && partitions === undefined ? ['partitions'] : [] };
}

function judgeTopics(situation: Situation): Findings {
  const { missingTopics } = situation.seen;
  if (missingTopics === undefined)
    return { drafts: [], unseen: ['topic', 'gap', 'retention', 'lag', 'producer', 'rejected', 'dead-letters'] };
  const found = [
    topicDraft(situation),
    gapDraft(situation),
    retentionDraft(situation),
    lagDraft(situation),
    producerDraft(situation),
    ...openDrafts(situation),
  ];
  return { drafts: found.filter((draft) => draft !== undefined), unseen: [] };
}

function topicDraft({ seen: { missingTopics = [] } }: Situation): Draft | undefined {
  if (missingTopics.length === 0) return undefined;
  return {
    kind: 'topic',
    severity: 'critical',
    summary: `${missingTopics.join(', ')}: not in Kafka`,
    next: '`connect deploy` creates topics; one that was deleted takes its records with it (docs/operations.md, "The topic was created anew")',
    needsPerson: true,
    looks: 2,
    told: missingTopics.join(),
  };
}

function gapDraft({ seen: { stream, gaps = [] } }: Situation): Draft | undefined {
  if (gaps.length === 0) return undefined;
  return {
    kind: 'gap',
    severity: 'critical',
    summary: `Kafka deleted ${gaps.map((gap) => gapText(stream, gap)).join(', ')} before the sink read them`,
    next: 'watch does not start the sink behind them: `connect restart --failed --accept-gap` does and records the gap; `connect produce --from-slot` publishes them again',
    needsPerson: true,
    told: JSON.stringify(gaps.map(({ partition, from }) => `${partition}/${from}`)),
  };
}

function retentionDraft({ seen: { retentionUsed = 0, gaps = [] }, progress }: Situation): Draft | undefined {
  if (retentionUsed < RETENTION_WARNING || gaps.length > 0) return undefined;
  const share = `${Math.round(retentionUsed * 100)} %`;
  return {
    kind: 'retention',
    severity: retentionUsed >= RETENTION_CRITICAL ? 'critical' : 'warning',
    summary: `the oldest of ${progress?.lag ?? 'the'} unread records has used up ${share} of the topic's retention`,
    next: 'start the sink, or raise retention.ms of the topic now (kafka-configs --alter): what Kafka deletes first is lost to the table',
    needsPerson: true,
  };
}

function lagDraft({ progress }: Situation): Draft | undefined {
  if (progress === undefined || progress.lag < LAG_LIMIT || !progress.isGrowing) return undefined;
  return {
    kind: 'lag',
    severity: 'warning',
    summary: `${progress.lag} records wait, and they grow: the sink writes less than the feed sends`,
    next: 'docs/tuning.md, "On other hardware": more tasks, more memory for PostgreSQL; look for what else loads the database',
    needsPerson: true,
  };
}

function producerDraft({ seen: { producer } }: Situation): Draft | undefined {
  if (producer === undefined || producer.ageSeconds < PRODUCER_SILENCE_S) return undefined;
  return {
    kind: 'producer',
    severity: 'critical',
    summary: `the producer's last checkpoint is ${producer.slot === undefined ? 'old' : `at slot ${producer.slot}`}, and no newer one comes`,
    next: 'is `connect produce` running, and does its feed send slots? It goes on from its checkpoint',
    needsPerson: true,
  };
}

function openDrafts({ seen: { open } }: Situation): Draft[] {
  if (open === undefined) return [];
  const { rejected, deadLetters } = open;
  const words = { severity: 'warning', needsPerson: true } as const;
  const drafts: (Draft | undefined)[] = [
    rejected === 0n
      ? undefined
      : {
          ...words,
          kind: 'rejected',
          summary:
            rejected === 1n ? 'an update of the feed was refused' : `${rejected} updates of the feed were refused`,
          next: '`connect rejected list` says why; then `connect rejected replay` or `discard`',
          told: magnitude(rejected),
        },
    deadLetters === 0n
      ? undefined
      : {
          ...words,
          kind: 'dead-letters',
          summary:
            deadLetters === 1n
              ? 'a record is in the dead letter topic'
              : `${deadLetters} records are in the dead letter topic`,
          next: '`connect dlq list` says why; then `connect dlq replay` or `discard`',
          told: magnitude(deadLetters),
        },
  ];
  return drafts.filter((draft) => draft !== undefined);
}

/** Readers are told again when there are ten times as many, or a tenth. */
const magnitude = (count: bigint): string => String(count.toString().length);
