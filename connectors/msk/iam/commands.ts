import { type Need, need } from './needs.ts';

/**
 * What each command asks of AWS, by its calls, and on a cluster with IAM by what it does in Kafka. Tests record the calls and
 * hold the table to them. To add a command: a line here, and its name in `ROLES`. Each call has the action of its name; of
 * pausing, resuming and restarting, which are new, the Service Authorization Reference does not say so yet.
 */

const connectToKafka = need('ConnectToCluster', 'Connect');
const findBrokers = need('FindBrokers', 'GetBootstrapBrokers');

const OWN_GROUPS = need('OwnGroups', 'AlterGroup', 'DescribeGroup', 'DeleteGroup');

/** Records and marks are read by a group that lives as long as the command. */
const READ_KAFKA: readonly Need[] = [
  findBrokers,
  connectToKafka,
  need('Topics', 'DescribeTopic', 'ReadData'),
  need('SinkGroups', 'DescribeGroup'),
  OWN_GROUPS,
];

/** How a sink stands: its connector, its worker configuration, and where a task is missing, why. */
const SEE_SINK: readonly Need[] = [
  need('CreateAndList', 'ListConnectors'),
  need('RunConnectors', 'DescribeConnector', 'ListConnectorOperations'),
  need('SeeParts', 'DescribeWorkerConfiguration'),
  need('ReadTraces', 'FilterLogEvents', 'GetLogEvents'),
];

const SEE: readonly Need[] = [...SEE_SINK, ...READ_KAFKA];

const PLAN: readonly Need[] = [
  ...SEE,
  need('CreateAndList', 'ListCustomPlugins', 'ListWorkerConfigurations'),
  need('SeeParts', 'DescribeCustomPlugin'),
  need('Tag', 'ListTagsForResource'),
  need('Topics', 'DescribeTopicDynamicConfiguration'),
  need('MskTopics', 'DescribeTopic', 'ListTopics'),
  need('MskTopicsInKafka', 'Connect', 'DescribeTopic', 'DescribeTopicDynamicConfiguration'),
];

const FOLLOW = need('FollowOperations', 'DescribeConnectorOperation');

/** Whoever acts on a sink takes its lock, and `--accept-gap` leaves a mark. */
const MARK: readonly Need[] = [need('KeepMarks', 'WriteData'), need('ConnectToCluster', 'WriteDataIdempotently')];

const operation = (action: string): readonly Need[] => [...SEE, FOLLOW, need('RunConnectors', action)];
const PAUSE = [...operation('PauseConnector'), ...MARK];
const RESTART = [...operation('RestartConnector'), ...MARK];

/** What it was is remembered in a mark, and deleted. */
const STOP: readonly Need[] = [
  ...SEE,
  need('SeeParts', 'DescribeCustomPlugin'),
  need('Tag', 'ListTagsForResource'),
  need('RunConnectors', 'DeleteConnector'),
  ...MARK,
];

/** One that was stopped is created again as it was. */
const RESUME: readonly Need[] = [
  ...operation('ResumeConnector'),
  need('RunConnectors', 'DeleteConnector'),
  need('CreateAndList', 'CreateConnector'),
  need('Tag', 'TagResource'),
  ...MARK,
];

const MOVE_OFFSETS: readonly Need[] = [...STOP, ...RESUME, need('SinkGroups', 'AlterGroup', 'DeleteGroup')];

const DELETE: readonly Need[] = [
  ...SEE,
  need('RunConnectors', 'DeleteConnector'),
  need('SinkGroups', 'DeleteGroup'),
  ...MARK,
];

/** Of a connector and of the parts that it is made from, with their tags. */
const CREATE: readonly Need[] = [
  need('CreateAndList', 'CreateConnector', 'CreateCustomPlugin', 'CreateWorkerConfiguration'),
  need('Tag', 'TagResource'),
];

const DEPLOY: readonly Need[] = [
  ...PLAN,
  ...PAUSE,
  ...RESUME,
  ...RESTART,
  ...DELETE,
  ...CREATE,
  need('RunConnectors', 'UpdateConnector'),
  need('UploadPlugins', 'GetObject', 'PutObject'),
  need('SeePlugins', 'ListBucket'),
  need('Topics', 'AlterTopic', 'CreateTopic'),
  need('MskTopics', 'CreateTopic', 'UpdateTopic'),
  need('MskTopicsInKafka', 'AlterTopic', 'CreateTopic'),
  need('MskGrowsTopics', 'AlterTopicDynamicConfiguration'),
  need('DeleteParts', 'DeleteCustomPlugin'),
  need('SinkGroups', 'AlterGroup'),
];

const SEE_OTHERS = need('SeeOtherConnectors', 'DescribeConnector', 'ListConnectorOperations');

const WRITE: readonly Need[] = [need('WriteTopics', 'WriteData'), need('ConnectToCluster', 'WriteDataIdempotently')];

export const COMMANDS = {
  plan: PLAN,
  status: SEE,
  doctor: [
    ...SEE,
    need('Topics', 'DescribeTopicDynamicConfiguration'),
    need('ConnectToCluster', 'DescribeClusterDynamicConfiguration'),
  ],
  verify: SEE,
  'check --live': SEE,
  'offsets get': SEE,
  'dlq list': READ_KAFKA,
  pause: PAUSE,
  resume: RESUME,
  stop: STOP,
  restart: RESTART,
  delete: DELETE,
  'offsets reset': MOVE_OFFSETS,
  quarantine: [...MOVE_OFFSETS, ...WRITE],
  'dlq replay': [...READ_KAFKA, ...WRITE],
  deploy: DEPLOY,
  import: [...SEE, SEE_OTHERS],
  'plan --prune': [...PLAN, SEE_OTHERS],
  'deploy --prune': [...DEPLOY, SEE_OTHERS, need('PruneConnectors', 'DeleteConnector')],
  'msk prune': [
    need('CreateAndList', 'ListConnectors', 'ListCustomPlugins', 'ListWorkerConfigurations'),
    need('DeleteParts', 'DeleteCustomPlugin', 'DeleteWorkerConfiguration'),
    need('UploadPlugins', 'DeleteObject'),
  ],
  /** It restarts what has failed. To move records it would have to delete and create, which is an operator's right. */
  watch: [
    ...SEE_SINK,
    FOLLOW,
    need('RunConnectors', 'RestartConnector'),
    ...MARK,
    findBrokers,
    connectToKafka,
    need('DataTopics', 'DescribeTopic', 'DescribeTopicDynamicConfiguration'),
    need('SideTopics', 'DescribeTopic', 'ReadData'),
    need('SinkGroups', 'DescribeGroup'),
    OWN_GROUPS,
  ],
  produce: [
    findBrokers,
    connectToKafka,
    need('ConnectToCluster', 'WriteDataIdempotently'),
    need('ProducerTopics', 'DescribeTopic', 'WriteData'),
    need('KeepMarks', 'ReadData'),
    need('ProducerGroups', 'AlterGroup', 'DeleteGroup', 'DescribeGroup'),
  ],
} as const satisfies Record<string, readonly Need[]>;

type Command = keyof typeof COMMANDS;

const READER: readonly Command[] = ['plan', 'status', 'doctor', 'verify', 'check --live', 'offsets get', 'dlq list'];
const OPERATOR: readonly Command[] = [
  ...READER,
  'pause',
  'resume',
  'stop',
  'restart',
  'delete',
  'offsets reset',
  'quarantine',
  'dlq replay',
];

/** Who runs which commands. The role of the workers runs none. */
export const ROLES = {
  deployer: [...OPERATOR, 'deploy', 'import', 'plan --prune', 'deploy --prune', 'msk prune'],
  operator: OPERATOR,
  reader: READER,
  watch: ['watch'],
  producer: ['produce'],
} as const satisfies Record<string, readonly Command[]>;

export type Role = keyof typeof ROLES;

/** Roles that have policies: that of the workers too. */
export const POLICY_ROLES = ['worker', 'deployer', 'operator', 'reader', 'watch', 'producer'] as const;

export type PolicyRole = (typeof POLICY_ROLES)[number];
