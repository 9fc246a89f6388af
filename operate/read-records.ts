import type { KafkaConnection } from '../core/kafka.ts';
import { type ScannedRecord, type ScanOptions, scanTopic } from '../core/kafka-scan.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** A stream and the cluster that has its topics. */
export interface StreamSource {
  readonly stream: StreamDefinition;
  readonly kafka: KafkaConnection;
  readonly signal?: AbortSignal | undefined;
}

/** Reads one of a stream's topics record by record. Errors: those of `scanTopic`. */
export async function readRecords(
  { kafka, signal }: Omit<StreamSource, 'stream'>,
  options: Pick<ScanOptions, 'topic' | 'clientId' | 'starts'>,
  onRecord: (record: ScannedRecord) => void,
): Promise<void> {
  await scanTopic(kafka, {
    ...options,
    signal,
    onRecords: async (records) => {
      for (const record of records) onRecord(record);
    },
  });
}
