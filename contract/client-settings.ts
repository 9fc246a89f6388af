import { always, type Harm, harmOf, is, isNot } from './harms.ts';

/** A client that Connect runs for a sink. The producer writes to the dead letter topic, the admin creates it. */
export type Client = 'consumer' | 'producer' | 'admin';

const isSet = (value: string) => value.trim() !== '';
const below = (least: number) => (value: string) => /^\d+$/.test(value.trim()) && Number(value) < least;

const OWN_CLASS = 'puts a class between Kafka and the sink that may drop or change records';
const ELSEWHERE = 'makes the sink talk to another cluster than the environment names';
const DEAD_LETTERS = 'lets dead-letter records get lost while the offsets move on';
const KAFKAS_ASSIGNORS =
  /^(\s*org\.apache\.kafka\.clients\.consumer\.(Range|RoundRobin|Sticky|CooperativeSticky)Assignor\s*(,|$))+$/;

const HANDLES_LOGIN = "hands the worker's login to a class of your own";
const KNOWN_HANDLERS = isNot(/^(org\.apache\.kafka\.common\.security|software\.amazon\.msk\.auth\.iam)\.[\w.$]+$/);

/** What decides who gets a client's login, and what the connection is worth. */
const LOGIN: Readonly<Record<string, Harm>> = {
  'security.protocol': [is(/^\s*SASL_PLAINTEXT\s*$/i), 'sends the login over an unencrypted connection'],
  'security.providers': [isSet, HANDLES_LOGIN],
  'sasl.client.callback.handler.class': [KNOWN_HANDLERS, HANDLES_LOGIN],
  'sasl.login.callback.handler.class': [KNOWN_HANDLERS, HANDLES_LOGIN],
  'sasl.login.class': [KNOWN_HANDLERS, HANDLES_LOGIN],
  'ssl.endpoint.identification.algorithm': [isNot(/^https$/i), 'takes whoever has any certificate for a broker'],
  'ssl.engine.factory.class': [KNOWN_HANDLERS, HANDLES_LOGIN],
};

const HARMS: Readonly<Record<Client, Readonly<Record<string, Harm>>>> = {
  consumer: {
    ...LOGIN,
    'bootstrap.servers': [always, ELSEWHERE],
    'check.crcs': [isNot(/^true$/i), 'lets damaged records pass for good ones'],
    'enable.auto.commit': [
      isNot(/^false$/i),
      'commits offsets before the rows are written: what a failed task had read is lost',
    ],
    'group.instance.id': [isSet, 'gives all tasks one identity: they fence each other off'],
    'group.protocol': [isNot(/^classic$/i), 'changes how partitions are assigned, which no worker before 4.0 knows'],
    'interceptor.classes': [isSet, OWN_CLASS],
    'key.deserializer': [always, 'takes the bytes away that the converter decodes'],
    'value.deserializer': [always, 'takes the bytes away that the converter decodes'],
    'partition.assignment.strategy': [isNot(KAFKAS_ASSIGNORS), 'lets a class of your own leave partitions unread'],
    'request.timeout.ms': [
      below(5_000),
      'gives up fetches that a busy broker would have answered: the sink stands still',
    ],
    'default.api.timeout.ms': [below(5_000), 'gives up commits that a busy broker would have answered'],
  },
  producer: {
    ...LOGIN,
    'bootstrap.servers': [always, ELSEWHERE],
    acks: [isNot(/^(all|-1)$/), DEAD_LETTERS],
    retries: [below(1), DEAD_LETTERS],
    'delivery.timeout.ms': [below(120_000), DEAD_LETTERS],
    'max.block.ms': [below(60_000), DEAD_LETTERS],
    'interceptor.classes': [isSet, OWN_CLASS],
    'partitioner.class': [isSet, OWN_CLASS],
    'key.serializer': [always, 'does not take the bytes that Connect hands it'],
    'value.serializer': [always, 'does not take the bytes that Connect hands it'],
    'transactional.id': [isSet, 'makes every send fail outside a transaction'],
  },
  admin: { ...LOGIN, 'bootstrap.servers': [always, ELSEWHERE] },
};

/** What a setting of a sink's Kafka client would do to records; undefined when it does them no harm, or another rule judges it. */
export const clientHarm = (client: Client, name: string, value: string): string | undefined =>
  harmOf(HARMS[client], name, value);
