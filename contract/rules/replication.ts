import type { Rule } from '../rule.ts';

export const replication: Rule = {
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
      if (required > replicationFactor) {
        yield {
          path,
          places: [definition.placeOf(['topic', 'config', 'min.insync.replicas']), place],
          message: `min.insync.replicas ${required} is more than the ${replicationFactor} copies in environment ${environment.name}: nothing can be published`,
          remedy: 'make it less than replicationFactor',
        };
      }
    }
  },
};
