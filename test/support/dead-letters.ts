/** A record of a dead-letter topic at this offset. */
export const record = (offset: bigint, headers: Record<string, string> = {}) => ({
  partition: 0,
  offset,
  key: Buffer.from('Position1'),
  value: Buffer.from(`value ${offset}`),
  headers,
  timestampMs: 0,
});
/** Headers that Kafka Connect adds: where the record stood, and why it was refused. */
export const from = (partition: number, offset: number, cause = 'too long') => ({
  '__connect.errors.topic': 'positions',
  '__connect.errors.partition': String(partition),
  '__connect.errors.offset': String(offset),
  '__connect.errors.stage': 'TASK_PUT',
  '__connect.errors.exception.class.name': 'org.postgresql.util.PSQLException',
  '__connect.errors.exception.message': cause,
});
