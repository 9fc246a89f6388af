import { expect, test } from 'vitest';
import { lastWords } from '../../../../stack/msk/local-worker.ts';

const FRAMES = ['\tat org.apache.kafka.connect.A.b(A.java:1)', '\tat org.apache.kafka.connect.C.d(C.java:2)'];

test('a worker that has ended is heard with its last error and the causes, without their frames', () => {
  const log = [
    '2026-01-31 08:00:00,000 ERROR an earlier one (org.apache.kafka.connect.X)',
    '2026-01-31 08:00:01,000 INFO Kafka version: 3.7.2 (org.apache.kafka.common.utils.AppInfoParser)',
    '2026-01-31 08:00:02,000 ERROR Stopping due to error (org.apache.kafka.connect.cli.ConnectDistributed)',
    'org.apache.kafka.common.config.ConfigException: Invalid value org.example.Absent',
    ...FRAMES,
    'Caused by: java.lang.ClassNotFoundException: org.example.Absent',
    ...FRAMES,
    '\t... 12 more',
    '',
  ].join('\n');
  expect(lastWords(log)).toEqual([
    '2026-01-31 08:00:02,000 ERROR Stopping due to error (org.apache.kafka.connect.cli.ConnectDistributed)',
    'org.apache.kafka.common.config.ConfigException: Invalid value org.example.Absent',
    'Caused by: java.lang.ClassNotFoundException: org.example.Absent',
  ]);
});

test('a worker that names no error is heard with its last lines', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  expect(lastWords(lines.join('\n'))).toEqual(lines.slice(-12));
});
