/** A client that Connect runs for a sink. The producer writes to the dead letter topic, the admin creates it. */
export type Client = 'consumer' | 'producer' | 'admin';

interface Judge {
  readonly harms: (value: string) => boolean;
  readonly how: string;
}

const always = () => true;
const isSet = (value: string) => value.trim() !== '';
const below = (least: number) => (value: string) => /^\d+$/.test(value.trim()) && Number(value) < least;
const isNot = (wanted: RegExp) => (value: string) => !wanted.test(value.trim());

const OWN_CLASS = 'puts a class between Kafka and the sink that may drop or change records';
const ELSEWHERE = 'makes the sink talk to another cluster than the environment names';
const DEAD_LETTERS = 'lets dead-letter records get lost while the offsets move on';
const KAFKAS_ASSIGNORS =
  /^(\s*org\.apache\.kafka\.clients\.consumer\.(Range|RoundRobin|Sticky|CooperativeSticky)Assignor\s*(,|$))+$/;

const JUDGES: Readonly<Record<Client, Readonly<Record<string, Judge>>>> = {
  consumer: {
    'bootstrap.servers': { harms: always, how: ELSEWHERE },
    'check.crcs': { harms: isNot(/^true$/i), how: 'lets damaged records pass for good ones' },
    'enable.auto.commit': {
      harms: isNot(/^false$/i),
      how: 'commits offsets before the rows are written: what a failed task had read is lost',
    },
    'group.instance.id': { harms: isSet, how: 'gives all tasks one identity: they fence each other off' },
    'group.protocol': {
      harms: isNot(/^classic$/i),
      how: 'changes how partitions are assigned, which no worker before 4.0 knows',
    },
    'interceptor.classes': { harms: isSet, how: OWN_CLASS },
    'key.deserializer': { harms: always, how: 'takes the bytes away that the converter decodes' },
    'value.deserializer': { harms: always, how: 'takes the bytes away that the converter decodes' },
    'partition.assignment.strategy': {
      harms: isNot(KAFKAS_ASSIGNORS),
      how: 'lets a class of your own leave partitions unread',
    },
    'request.timeout.ms': {
      harms: below(5_000),
      how: 'gives up fetches that a busy broker would have answered: the sink stands still',
    },
    'default.api.timeout.ms': { harms: below(5_000), how: 'gives up commits that a busy broker would have answered' },
  },
  producer: {
    'bootstrap.servers': { harms: always, how: ELSEWHERE },
    acks: { harms: isNot(/^(all|-1)$/), how: DEAD_LETTERS },
    retries: { harms: below(1), how: DEAD_LETTERS },
    'delivery.timeout.ms': { harms: below(120_000), how: DEAD_LETTERS },
    'max.block.ms': { harms: below(60_000), how: DEAD_LETTERS },
    'interceptor.classes': { harms: isSet, how: OWN_CLASS },
    'partitioner.class': { harms: isSet, how: OWN_CLASS },
    'key.serializer': { harms: always, how: 'does not take the bytes that Connect hands it' },
    'value.serializer': { harms: always, how: 'does not take the bytes that Connect hands it' },
    'transactional.id': { harms: isSet, how: 'makes every send fail outside a transaction' },
  },
  admin: { 'bootstrap.servers': { harms: always, how: ELSEWHERE } },
};

/** What a setting of a sink's Kafka client would do to records; undefined when it does them no harm, or another rule judges it. */
export function clientHarm(client: Client, name: string, value: string): string | undefined {
  const judge = Object.hasOwn(JUDGES[client], name) ? JUDGES[client][name] : undefined;
  return judge?.harms(value) ? judge.how : undefined;
}
