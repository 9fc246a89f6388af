import { connectorKeys } from '../../connectors/settings/connector-keys.ts';
import { valueProblem } from '../../connectors/settings/setting-value.ts';
import { nearest } from '../../pipeline/did-you-mean.ts';
import type { Rule } from '../rule.ts';
import { largestRecord, topicRisks } from '../topic-risks.ts';

const topicSetting: Rule = {
  id: 'TOPIC_SETTING',
  what: 'Every setting in topic.config is one that Kafka knows, with a value of its type.',
  why: 'The broker refuses to create the topic.',
  *check({ stream, definition }) {
    const keys = connectorKeys();
    for (const [key, value] of Object.entries(stream.topic.config)) {
      const known = keys.topic.keys.get(key);
      const guess = known === undefined ? nearest(key, keys.topic.keys.keys()) : undefined;
      const problem =
        known === undefined
          ? `is no topic setting${guess === undefined ? '' : `; did you mean "${guess}"?`}`
          : valueProblem(keys, known, value);
      if (problem === undefined) continue;
      yield {
        path: `${stream.topic.name}.${key}`,
        places: [definition.placeOf(['topic', 'config', key])],
        message: `${key} ${problem}`,
        remedy: guess === undefined ? 'correct or remove it' : `write ${guess}`,
      };
    }
  },
};

const DAY_MS = 86_400_000n;

const topicRetention: Rule = {
  id: 'TOPIC_RETENTION',
  what: 'The topic keeps records for at least a day, and not by size.',
  why: 'Records that retention removes before the sink has written them are lost; the sink goes on behind them without an error.',
  *check({ stream, definition }) {
    const { config, name } = stream.topic;
    const time = config['retention.ms'];
    if (time !== undefined && /^\d+$/.test(time) && BigInt(time) < DAY_MS) {
      yield {
        path: `${name}.retention.ms`,
        places: [definition.placeOf(['topic', 'config', 'retention.ms'])],
        message: `retention.ms ${time} is less than a day (${DAY_MS}): an outage overnight would lose records`,
        remedy: 'give on-call the time to repair a sink: a week is 604800000',
      };
    }
    const bytes = config['retention.bytes'];
    if (bytes !== undefined && /^\d+$/.test(bytes)) {
      yield {
        path: `${name}.retention.bytes`,
        places: [definition.placeOf(['topic', 'config', 'retention.bytes'])],
        message: `retention.bytes ${bytes} removes records by size, whether the sink has written them or not`,
        remedy: 'remove it and bound the topic by retention.ms',
      };
    }
  },
};

const topicRisk: Rule = {
  id: 'TOPIC_RISK',
  what: 'The broker takes every record that the producer may send, keeps what it has acknowledged, and stores it as this package can read it: message size, segment size, timestamps, leader election, compression.',
  why: 'The producer ends on a record that Kafka refuses for good; or acknowledged records are gone, or no command can read them.',
  *check({ stream, schema, definition }) {
    const { config, name, key: recordKey } = stream.topic;
    for (const { key, ...words } of topicRisks(config, largestRecord(schema.fields, recordKey))) {
      yield { path: `${name}.${key}`, places: [definition.placeOf(['topic', 'config', key])], ...words };
    }
  },
};

const replication: Rule = {
  id: 'REPLICATION',
  what: 'On a cluster of several brokers, topics have at least two copies, and min.insync.replicas leaves one to lose.',
  why: 'With one copy, one lost disk loses every record not yet written; with as many required as there are, one broker down stops the producer.',
  *check({ stream, definition, environments, environmentFile }) {
    const required = Number(stream.topic.config['min.insync.replicas'] ?? 1);
    for (const environment of environments) {
      const { brokers, replicationFactor } = environment.kafka;
      const path = `${environment.name}.kafka.replicationFactor`;
      const place = environmentFile.placeOf(['environments', environment.name, 'kafka', 'replicationFactor']);
      if (brokers.length > 1 && replicationFactor < 2) {
        yield {
          path,
          places: [place],
          message: `environment ${environment.name}: ${brokers.length} brokers, but replicationFactor ${replicationFactor}`,
          remedy: 'make it 3, or at least 2',
        };
      }
      if (required > replicationFactor || (required === replicationFactor && required > 1)) {
        yield {
          path,
          places: [definition.placeOf(['topic', 'config', 'min.insync.replicas']), place],
          message:
            required > replicationFactor
              ? `min.insync.replicas ${required} is more than the ${replicationFactor} copies in environment ${environment.name}: nothing can be published`
              : `min.insync.replicas ${required} needs every copy in environment ${environment.name}: one broker down stops the producer`,
          remedy: 'make it less than replicationFactor',
        };
      }
    }
  },
};

/** The topic. */
export const topicRules = [topicSetting, topicRetention, topicRisk, replication];
