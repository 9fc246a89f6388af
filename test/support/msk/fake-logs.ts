import { Refusal, refuse } from './fake-rules.ts';
import type { Json } from './sdk-contract.ts';

export interface FakeLogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly logStreamName: string;
  readonly message: string;
}

/** CloudWatch Logs as far as failures of workers are read: one log group. */
export interface FakeLogs {
  /** In any order. */
  readonly events: FakeLogEvent[];
  /** The name of the one group there is. */
  group: string;
  /** Whoever asks for this lacks the permission. */
  denied?: 'FilterLogEvents' | 'GetLogEvents';
  /** Events that FilterLogEvents looks at for one page; a page may show none of them. */
  pageSize: number;
  /** Every request is answered after so long. */
  delayMs: number;
}

export const createFakeLogs = (): FakeLogs => ({ events: [], group: '/perps/connect', pageSize: 100, delayMs: 0 });

/** Adds what a worker logs of a failure: a line with a level that says it, and a line for each of the trace. */
export function logFailure(
  { events }: FakeLogs,
  { at, says, trace, worker = 'Worker-0a1b' }: { at: number; says: string; trace: string; worker?: string },
): void {
  const head = `[${new Date(at).toISOString().replace('T', ' ').replace('Z', '').replace('.', ',')}] ERROR`;
  const lines = [`${head} ${says} (org.apache.kafka.connect.runtime:1)`, ...trace.split('\n')];
  for (const line of lines) events.push({ timestamp: at, logStreamName: 'workers', message: `[${worker}] ${line}` });
}

/** Answers of the service. */
export function answerLogs(logs: FakeLogs, operation: string, input: Json): Json {
  if (logs.denied === operation) {
    const message = `User: arn:aws:iam::123456789012:user/ci is not authorized to perform: logs:${operation}`;
    throw new Refusal(400, 'AccessDeniedException', message);
  }
  if (input.logGroupName !== logs.group) {
    throw new Refusal(400, 'ResourceNotFoundException', 'The specified log group does not exist.');
  }
  const { startTime = 0, endTime = Number.POSITIVE_INFINITY } = input;
  const inTime = logs.events.filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime);
  switch (operation) {
    case 'FilterLogEvents': {
      const words = [...String(input.filterPattern ?? '').matchAll(/"([^"]*)"/g)].map(([, word = '']) => word);
      const start = Number(input.nextToken ?? 0);
      const end = start + logs.pageSize;
      return {
        events: inTime.slice(start, end).filter(({ message }) => words.every((word) => message.includes(word))),
        ...(end < inTime.length ? { nextToken: String(end) } : {}),
      };
    }
    case 'GetLogEvents':
      return {
        events: inTime
          .filter(({ logStreamName }) => logStreamName === input.logStreamName)
          .sort((a, b) => a.timestamp - b.timestamp)
          .slice(0, input.limit),
      };
    default:
      throw refuse.missing(operation);
  }
}
