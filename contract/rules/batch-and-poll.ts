import { numberOf } from '../rendered-sink.ts';
import { sinkRule } from '../rule.ts';

/** A small record on the wire. Fewer bytes than this for each record of a poll, and polls cannot be full. */
const SMALL_RECORD_BYTES = 200;

export const batchAndPoll = sinkRule({
  id: 'BATCH_AND_POLL',
  what: 'A poll is at least one batch, and one fetch of a partition can fill a poll.',
  why: 'batch.size is capped by the poll without a word: each put costs the same few catalog queries, so small polls cost most of the throughput.',
  *check({ config, at }) {
    const batch = numberOf(config['batch.size'], 500);
    const poll = numberOf(config['consumer.override.max.poll.records'], 500);
    const fetch = numberOf(config['consumer.override.max.partition.fetch.bytes'], 1_048_576);
    if (batch > poll) {
      yield {
        ...at('batch.size', 'consumer.override.max.poll.records'),
        message: `batch.size ${batch} is more than one poll brings (${poll})`,
        remedy: 'raise max.poll.records to it, or lower batch.size',
      };
    }
    if (fetch < poll * SMALL_RECORD_BYTES) {
      yield {
        ...at('consumer.override.max.partition.fetch.bytes', 'consumer.override.max.poll.records'),
        message: `max.partition.fetch.bytes ${fetch} cannot fill a poll of ${poll} records, even of ${SMALL_RECORD_BYTES} bytes each`,
        remedy: `raise it to ${poll * SMALL_RECORD_BYTES} or more, or lower max.poll.records`,
      };
    }
  },
});
