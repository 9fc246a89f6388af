import type { KafkaAdmin } from '../../../core/kafka-admin.ts';
import { isOlder } from '../../../core/version.ts';
import { broken, type Check, ok, warning } from '../check.ts';

/** Older brokers lack what this package's client and Connect ask for. */
const OLDEST = '2.8';

/** The cluster answers, is recent enough, and has as many brokers as a partition has copies. */
export const kafkaReachable: Check<'environment' | 'kafka'> = {
  name: 'kafka.reachable',
  reaches: 'kafka',
  needs: [],
  async run({ environment, kafka }) {
    const admin = await kafka();
    const brokers = await admin.brokers();
    const subject = `Kafka at ${environment.kafka.brokers.join(', ')}`;
    const { replicationFactor } = environment.kafka;
    if (brokers.length < replicationFactor) {
      const message = `${brokers.length} of at least ${replicationFactor} brokers are there`;
      return [
        broken(subject, message, 'start the missing brokers, or correct kafka.replicationFactor in connect.yaml'),
      ];
    }
    const version = await protocolVersion(admin, brokers[0] ?? 0);
    const count = brokers.length === 1 ? '1 broker' : `${brokers.length} brokers`;
    if (version !== undefined && isOlder(version, OLDEST)) {
      const remedy = `update the brokers: ${OLDEST} is the oldest supported`;
      return [warning(subject, `${count}, protocol ${version}`, remedy)];
    }
    return [ok(subject, `${count}, ${version === undefined ? 'Kafka 4 or newer' : `protocol ${version}`}`)];
  },
};

/** Brokers have their version in this setting alone, which Kafka 4 no longer has. */
async function protocolVersion(admin: KafkaAdmin, broker: number): Promise<string | undefined> {
  const setting = await admin.brokerSetting(broker, 'inter.broker.protocol.version');
  return /^\d+\.\d+/.exec(setting ?? '')?.[0];
}
