/** Settings in their program's own words. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** Where a broker listens, how it is reached, and where its data lies. */
export interface BrokerPlace {
  /** Listeners for clients by name; the first is named PLAINTEXT, which is the one brokers use among themselves. */
  readonly clients: Readonly<Record<string, { readonly listen: string; readonly advertised: string }>>;
  /** host:port of the controller, in the same process; `listen` as the broker binds it. */
  readonly controller: { readonly listen: string; readonly voter: string };
  readonly dataFolder: string;
}

/** JVM heap of the broker in MiB. */
export const BROKER_HEAP_MB = 384;

/** One Kafka node, broker and controller in one process (KRaft): the same settings wherever it runs. */
export function brokerSettings({ clients, controller, dataFolder }: BrokerPlace): Settings {
  const names = Object.keys(clients);
  const addresses = (of: 'listen' | 'advertised') => Object.entries(clients).map(([name, at]) => `${name}://${at[of]}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: [...addresses('listen'), `CONTROLLER://${controller.listen}`].join(','),
    'advertised.listeners': addresses('advertised').join(','),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': [...names, 'CONTROLLER'].map((name) => `${name}:PLAINTEXT`).join(','),
    'controller.quorum.voters': `1@${controller.voter}`,
    'log.dirs': dataFolder,
    // Topics are part of the pipeline's definition; one that springs up by a typing error would hide it.
    'auto.create.topics.enable': false,
    // A single node has nothing to replicate to.
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Internal topics have 50 partitions each by default: files and start-up time that one laptop does not need.
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.num.partitions': 4,
    // Groups form at once instead of waiting 3 s for members that will not come.
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
    // 128 MiB of heap by default, for compacting topics of a few kilobytes.
    'log.cleaner.dedupe.buffer.size': 8 << 20,
  };
}
