import type { StreamDefinition } from '../../../pipeline/types.ts';
import type { Alarm } from './alarms.ts';

/** `docker/cloudwatch/agent.json` has the CloudWatch agent publish watch's metrics there. */
const NAMESPACE = 'PerpsConnect';
const PREFIX = 'perps_connect_watch';

type Measure = Pick<Alarm, 'metric' | 'threshold' | 'minutes'> & {
  readonly suffix: string;
  readonly means: string;
  readonly kind?: string;
};

/** What MSK Connect publishes nothing of. The thresholds are those of the rules for Prometheus (docker/observability/alerts.yml). */
const OF_STREAM: readonly Measure[] = [
  { suffix: 'behind', means: 'its table is behind the feed', metric: 'freshness_seconds', threshold: 60, minutes: 3 },
  {
    suffix: 'retention',
    means: 'Kafka will delete records before the sink has read them',
    metric: 'retention_used_ratio',
    threshold: 0.7,
    minutes: 1,
  },
  {
    suffix: 'producer',
    means: 'nothing comes from its feed: the producer is gone, Kafka does not take its records, or the feed is silent',
    metric: 'producer_age_seconds',
    threshold: 60,
    minutes: 2,
  },
  {
    suffix: 'rejected',
    means: 'refused updates are neither replayed nor discarded',
    metric: 'rejected_updates',
    threshold: 0,
    minutes: 1,
  },
  {
    suffix: 'dead-letters',
    means: 'dead-letter records are neither replayed nor discarded',
    metric: 'dead_letter_records',
    threshold: 0,
    minutes: 1,
  },
  ...(
    [
      ['quarantine', 'record', 'a record stops the sink and has to be quarantined'],
      ['sink-failed', 'sink-failed', 'the sink has failed, and restarts do not help'],
      ['sink-stalled', 'sink-stalled', 'the sink commits nothing although records wait'],
      ['gap', 'gap', 'Kafka has deleted records before the sink read them'],
      ['lag', 'lag', 'the sink writes less than the feed sends'],
    ] as const
  ).map(([suffix, kind, means]) => ({ suffix, kind, means, metric: 'incidents', threshold: 0, minutes: 1 })),
];

const PARTS = ['brokers', 'registry', 'database', 'worker'] as const;

/** The alarms on what watch tells of streams and of the parts that they share. */
export function watchAlarms(streams: readonly StreamDefinition[], environment: string): Alarm[] {
  const see = `\`connect status -e ${environment}\` shows more`;
  const ofStreams = streams.flatMap(({ name: stream, sink }) =>
    OF_STREAM.map(
      ({ suffix, means, kind, metric, ...limits }): Alarm => ({
        name: `${sink.name}-watch-${suffix}`,
        description: `${stream}: ${means}. ${see}.`,
        namespace: NAMESPACE,
        dimensions: { environment, stream, ...(kind === undefined ? {} : { kind }) },
        metric: `${PREFIX}_${metric}`,
        statistic: 'Maximum',
        comparison: 'GreaterThanThreshold',
        missing: 'notBreaching',
        ...limits,
      }),
    ),
  );
  const ofParts = PARTS.map(
    (part): Alarm => ({
      name: `${environment}-watch-${part}`,
      description: `${part} of ${environment} does not answer or cannot serve. ${see}.`,
      namespace: NAMESPACE,
      dimensions: { environment, part },
      metric: `${PREFIX}_part_up`,
      statistic: 'Maximum',
      comparison: 'LessThanThreshold',
      threshold: 1,
      minutes: 2,
      missing: 'notBreaching',
    }),
  );
  const ofWatch: Alarm = {
    name: `${environment}-watch-gone`,
    description: `No \`connect watch\` of ${environment} tells anything: nothing is restarted, and the other alarms on it see nothing.`,
    namespace: NAMESPACE,
    dimensions: { environment },
    metric: `${PREFIX}_look_duration_seconds`,
    statistic: 'Minimum',
    comparison: 'LessThanThreshold',
    threshold: 0,
    minutes: 3,
    missing: 'breaching',
  };
  return [...ofStreams, ...ofParts, ofWatch];
}
