import { scanTopic } from '../../core/kafka-scan.ts';
import { checkpointTopic } from '../../pipeline/names.ts';
import { publishRecords } from '../publish-records.ts';
import type { StreamSource } from '../read-records.ts';
import { type ClaimLog, type ClaimRecord, claimIn } from './claim.ts';

const CLIENT_ID = 'perps-connect-lock';
/** All claims stand in this partition: an order is an order of one partition. */
export const CLAIM_PARTITION = 0;

/** What a claim on something of a stream is written under. The keys have a slash, which no stream's name has. */
export const claimPrefix = (name: string): string => `lock/${name}/`;

/**
 * The claims on something of a stream, as records of its compacted checkpoint topic. Each claim has a key of its own: one key for
 * all would let Kafka forget the first claim for the second.
 */
export function kafkaClaimLog({ stream, kafka }: StreamSource, name: string): ClaimLog {
  const topic = checkpointTopic(stream);
  const prefix = claimPrefix(name);
  let next = 0n;
  return {
    async read(signal) {
      const found: ClaimRecord[] = [];
      const ranges = await scanTopic(kafka, {
        topic,
        clientId: CLIENT_ID,
        starts: new Map([[CLAIM_PARTITION, next]]),
        signal,
        onRecords: async (records) => {
          found.push(...records.map((record) => claimIn(prefix, record)).filter((claim) => claim !== undefined));
        },
      });
      next = ranges.find(({ partition }) => partition === CLAIM_PARTITION)?.high ?? next;
      return found;
    },
    async write(id, claim) {
      const [offset = -1n] = await publishRecords(kafka, {
        topic,
        clientId: CLIENT_ID,
        records: [claimRecord(prefix, id, claim)],
      });
      return offset;
    },
  };
}

/** A claim as a record. */
export const claimRecord = (prefix: string, id: string, claim: object | undefined) => ({
  partition: CLAIM_PARTITION,
  key: Buffer.from(`${prefix}${id}`),
  value: claim === undefined ? null : Buffer.from(JSON.stringify(claim)),
  headers: {},
});
