import { deadLetterTopic, sinkGroup } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { KAFKA_RESOURCES, type KafkaResource, type KafkaResourceKind } from '../kafka-resources.ts';
import { COMMANDS, ROLES } from '../msk/iam/commands.ts';
import type { Need } from '../msk/iam/needs.ts';

/** Who has rights in Kafka: the producer, the workers that run the sinks, and whoever runs commands. */
export const ACL_ROLES = ['producer', 'sink', 'operator', 'reader', 'watch', 'deployer'] as const;

export type AclRole = (typeof ACL_ROLES)[number];

/** Kafka's operations, as its tools spell them. */
type Operation = 'Read' | 'Write' | 'Create' | 'Delete' | 'Alter' | 'Describe' | 'DescribeConfigs' | 'IdempotentWrite';

/** What a role may do with one thing in Kafka. */
export interface Acl {
  readonly resourceType: KafkaResource['type'];
  readonly resourceName: string;
  readonly patternType: 'Literal' | 'Prefixed';
  readonly operations: readonly Operation[];
}

export interface AclOptions {
  /** Commands set and delete the groups' offsets themselves; where it is false, the workers do it for them. */
  readonly commandsSetOffsets: boolean;
  /** Brokers before Kafka 3.0 ask for a right of the cluster beside the right to write. */
  readonly idempotentWrite: boolean;
}

/** What Kafka calls an action of MSK's IAM. `Connect` has no word there: whoever may log in is connected. */
const OPERATIONS: Readonly<Record<string, Operation | undefined>> = {
  DescribeTopic: 'Describe',
  ReadData: 'Read',
  WriteData: 'Write',
  CreateTopic: 'Create',
  AlterTopic: 'Alter',
  DescribeTopicDynamicConfiguration: 'DescribeConfigs',
  DescribeClusterDynamicConfiguration: 'DescribeConfigs',
  WriteDataIdempotently: 'IdempotentWrite',
  DescribeGroup: 'Describe',
  /** To join it, and to commit. */
  AlterGroup: 'Read',
  DeleteGroup: 'Delete',
};

/** Kafka lets everybody see what they may do one of these with. */
const SHOWS: ReadonlySet<Operation> = new Set<Operation>(['Read', 'Write', 'Delete', 'Alter']);

interface Right {
  readonly resource: KafkaResource;
  readonly operation: Operation;
}

/** The rights of a role about these streams, and no other: sorted, and none that follows from another. */
export function aclsOf(role: AclRole, streams: readonly StreamDefinition[], options: AclOptions): Acl[] {
  const rights = role === 'sink' ? sinkRights(streams, options) : commandRights(role, streams, options);
  const found = new Map<string, { readonly resource: KafkaResource; readonly operations: Set<Operation> }>();
  for (const { resource, operation } of rights) {
    const id = `${ORDER.indexOf(resource.type)} ${resource.name}`;
    const entry = found.get(id) ?? { resource, operations: new Set<Operation>() };
    found.set(id, { ...entry, operations: entry.operations.add(operation) });
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([_id, { resource, operations }]) => ({
      resourceType: resource.type,
      resourceName: resource.name,
      patternType: resource.isPrefix ? ('Prefixed' as const) : ('Literal' as const),
      operations: [...operations].filter((one) => !follows(one, operations)).sort(),
    }));
}

const ORDER = ['Topic', 'Group', 'Cluster'];

const follows = (operation: Operation, among: ReadonlySet<Operation>): boolean =>
  operation === 'Describe' && [...among].some((one) => SHOWS.has(one));

/** What the commands of the role need. `watch` runs the command of its name alone. */
function commandRights(
  role: Exclude<AclRole, 'sink'>,
  streams: readonly StreamDefinition[],
  options: AclOptions,
): Right[] {
  const commands = role === 'watch' ? (['watch'] as const) : ROLES[role];
  const needs: readonly Need[] = commands.flatMap((command) => COMMANDS[command]);
  return needs.flatMap(({ on, actions }) => {
    if (!isInKafka(on)) return [];
    return actions.flatMap((action) => {
      const operation = OPERATIONS[action];
      if (operation === undefined || !isAsked(on, operation, options)) return [];
      return KAFKA_RESOURCES[on](streams).map((resource) => ({ resource, operation }));
    });
  });
}

const isInKafka = (on: Need['on']): on is KafkaResourceKind => Object.hasOwn(KAFKA_RESOURCES, on);

function isAsked(on: KafkaResourceKind, operation: Operation, options: AclOptions): boolean {
  if (operation === 'IdempotentWrite') return options.idempotentWrite;
  if (on === 'SinkGroups' && operation !== 'Describe') return options.commandsSetOffsets;
  return true;
}

/** What a worker does for the sinks. What it keeps for itself, its own topics and its own group, is not the sinks' business. */
function sinkRights(streams: readonly StreamDefinition[], { commandsSetOffsets }: AclOptions): Right[] {
  return streams.flatMap((stream) => {
    const topic = (name: string): KafkaResource => ({ type: 'Topic', name, isPrefix: false });
    const group: KafkaResource = { type: 'Group', name: sinkGroup(stream), isPrefix: false };
    return [
      { resource: topic(stream.topic.name), operation: 'Read' as const },
      ...(stream.sink.onUndecodable === 'dlq'
        ? [{ resource: topic(deadLetterTopic(stream)), operation: 'Write' as const }]
        : []),
      { resource: group, operation: 'Read' as const },
      // Kafka Connect forgets the offsets of a stopped sink by deleting its group.
      ...(commandsSetOffsets ? [] : [{ resource: group, operation: 'Delete' as const }]),
    ];
  });
}
