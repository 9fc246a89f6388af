import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';

/** One CloudWatch alarm. */
export interface Alarm {
  /** Of the alarm, unique in the account. */
  readonly name: string;
  /** What publishes the metric, and of what it is. */
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** What it means, and what to do. */
  readonly description: string;
  readonly metric: string;
  readonly statistic: 'Average' | 'Maximum' | 'Minimum';
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold' | 'GreaterThanOrEqualToThreshold';
  readonly threshold: number;
  /** It goes off after so many minutes in a row. */
  readonly minutes: number;
  /** What it means that there is no data. */
  readonly missing: 'breaching' | 'notBreaching' | 'ignore';
}

/** Who hears of an alarm, and of its end: ARN of an SNS topic. */
export interface AlarmTarget {
  readonly environment: string;
  readonly sns: string | undefined;
}

const NAMESPACE = 'AWS/KafkaConnect';
const BUSY_CPU = 80;
/** A heap that has once grown stays at 80 to 90 per cent, which is healthy. */
const FULL_MEMORY = 95;

type Measure = Omit<Alarm, 'name' | 'namespace' | 'dimensions' | 'description'> & {
  readonly suffix: string;
  readonly means: string;
};

/** The alarms on what MSK Connect publishes of a sink. A state of the connector is no metric: one that is not RUNNING sends no data of its tasks. */
export function alarmsOf(
  { name: stream, sink }: StreamDefinition,
  { capacity }: Pick<MskConnect, 'capacity'>,
  environment: string,
): Alarm[] {
  const isHeld = sink.state !== undefined && sink.state !== 'running';
  const measures = [
    ...(isHeld ? [] : taskMeasures('autoscaled' in capacity ? 1 : sink.tasksMax)),
    ...workerMeasures(capacity),
  ];
  const status = `\`connect status -e ${environment} --only ${stream}\``;
  return measures.map(({ suffix, means, ...measure }) => ({
    name: `${sink.name}-${suffix}`,
    namespace: NAMESPACE,
    dimensions: { ConnectorName: sink.name },
    description: `${sink.name}: ${means}. ${status} shows more.`,
    ...measure,
  }));
}

function taskMeasures(tasks: number): Measure[] {
  const running = { metric: 'RunningTaskCount', comparison: 'LessThanThreshold' } as const;
  return [
    {
      suffix: 'task-failed',
      means: 'a task has failed and stays so until it is started again',
      metric: 'ErroredTaskCount',
      statistic: 'Maximum',
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      minutes: 2,
      missing: 'notBreaching',
    },
    {
      ...running,
      suffix: 'not-running',
      means: 'no task runs, or the connector is not RUNNING and sends no data',
      statistic: 'Maximum',
      threshold: 1,
      minutes: 5,
      missing: 'breaching',
    },
    ...(tasks < 2
      ? []
      : [
          {
            ...running,
            suffix: 'tasks-missing',
            means: `fewer than ${tasks} tasks run`,
            statistic: 'Maximum',
            threshold: tasks,
            minutes: 10,
            missing: 'ignore',
          } as const,
        ]),
  ];
}

function workerMeasures(capacity: MskConnect['capacity']): Measure[] {
  const isAutoscaled = 'autoscaled' in capacity;
  const workers = isAutoscaled ? capacity.autoscaled.minWorkers : capacity.provisioned.workerCount;
  const cpu = isAutoscaled ? Math.max(BUSY_CPU, capacity.autoscaled.scaleOutCpu) : BUSY_CPU;
  const quarter = { statistic: 'Average', comparison: 'GreaterThanThreshold', minutes: 15, missing: 'ignore' } as const;
  return [
    { ...quarter, suffix: 'cpu', means: 'its workers are busy', metric: 'CpuUtilization', threshold: cpu },
    {
      ...quarter,
      suffix: 'memory',
      means: 'its workers are short of memory',
      metric: 'MemoryUtilization',
      threshold: FULL_MEMORY,
    },
    {
      suffix: 'workers-missing',
      means: `fewer than ${workers} workers are there`,
      metric: 'WorkerCount',
      statistic: 'Maximum',
      comparison: 'LessThanThreshold',
      threshold: workers,
      minutes: 15,
      missing: 'ignore',
    },
    ...(isAutoscaled
      ? [
          {
            suffix: 'no-more-workers',
            means: `all ${capacity.autoscaled.maxWorkers} workers are there, and it can scale no further`,
            metric: 'WorkerCount',
            statistic: 'Minimum',
            comparison: 'GreaterThanOrEqualToThreshold',
            threshold: capacity.autoscaled.maxWorkers,
            minutes: 60,
            missing: 'notBreaching',
          } as const,
        ]
      : []),
  ];
}
