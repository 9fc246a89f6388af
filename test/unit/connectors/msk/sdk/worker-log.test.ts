import { expect, test } from 'vitest';
import { traceAfter } from '../../../../../connectors/msk/sdk/worker-log.ts';

test('a trace is what follows the line that names the task, up to the next line with a level', () => {
  const head =
    '[Worker-0a1b] [2026-01-31 08:00:00,123] ERROR WorkerSinkTask{id=positions-sink-0} Task threw an uncaught exception';
  const events = [
    head,
    '[Worker-0a1b] org.apache.kafka.connect.errors.ConnectException: outer',
    '[Worker-0a1b] \tat a.b.C(C.java:1)\n[Worker-0a1b] Caused by: org.postgresql.util.PSQLException: ERROR: no',
    '[Worker-0a1b] [2026-01-31 08:00:01,000] INFO something else',
  ];
  expect(traceAfter(head, events)).toBe(
    'org.apache.kafka.connect.errors.ConnectException: outer\n\tat a.b.C(C.java:1)\nCaused by: org.postgresql.util.PSQLException: ERROR: no',
  );
});
