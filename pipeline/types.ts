import type { PostgresTls } from '../core/postgres.ts';
import type { TlsFiles } from '../core/tls.ts';
import type { AdapterDefinition, FeedDefinition } from './feed.ts';
import type { MskConnect } from './msk-connect.ts';
import type { Every } from './partitions.ts';

/** One stream, as `connectors/<name>.yaml` defines it: from a gRPC service to a table. Paths are relative to the project. */
export interface StreamDefinition {
  readonly name: string;
  /** The file it was read from, relative to the project. */
  readonly file: string;
  /** Undefined when others write the topic's records. */
  readonly feed: FeedDefinition | undefined;
  /** The module that reads the feed, where no proto describes it. */
  readonly adapter?: AdapterDefinition | undefined;
  /** The Avro schema (.avsc) of the topic's values; its field names are the table's columns. */
  readonly schema: string;
  readonly topic: {
    readonly name: string;
    /** What its `.rejected`, `.dlq` and `.checkpoint` topics are named after; undefined: the topic. */
    readonly derived?: string | undefined;
    readonly partitions: number;
    /** The Avro field whose value is the record key, so that one key keeps one partition and one order. */
    readonly key: string;
    /** Topic settings, e.g. `retention.ms`. */
    readonly config: Readonly<Record<string, string>>;
  };
  readonly table: {
    /** Schema-qualified: `public.positions`. */
    readonly name: string;
    /** The upsert key: the columns of a unique index of the table. */
    readonly key: readonly string[];
    /** Why two different updates may have one key, so that the later replaces the earlier; left out when none may. */
    readonly replaces?: string | undefined;
    /** Why no update comes again with another time or slot, where the key holds either and no commitment says it. */
    readonly final?: string | undefined;
    /** The view of the newest row of each identity; left out when a stream has none. */
    readonly current?: CurrentDefinition | undefined;
    /** The rollup: a table that triggers derive from this one; left out when a stream has none. */
    readonly fold?: RollupDefinition | undefined;
    /** Left out: the table is not partitioned. */
    readonly partition?: PartitionDefinition | undefined;
  };
  /** What the contract check would refuse and the stream has on purpose. */
  readonly allow: readonly Allowance[];
  readonly sink: SinkDefinition;
}

/** A table that is partitioned by time, in UTC. */
export interface PartitionDefinition {
  /** The time column that says into which partition a row goes. */
  readonly by: string;
  readonly every: Every;
  /** Partitions of which all is older leave; undefined: none ever does. */
  readonly keepDays?: number | undefined;
  /** So many partitions are made beyond the current one. */
  readonly ahead: number;
}

/** What can be allowed by name. */
export type AllowedKind = 'trigger' | 'function' | 'rule' | 'policy' | 'transform' | 'setting' | 'jdbc' | 'session';

/** One thing that is allowed, and why; the schema sees to it that there is one. */
export type Allowance = Readonly<Partial<Record<AllowedKind, string>>> & { readonly reason: string };

/** The view of current states, and the order of states: (`order`, `ordinal`, kafka_offset). */
export interface CurrentDefinition {
  /** Schema-qualified: `public.current_positions`. */
  readonly view: string;
  readonly identity: string;
  readonly order: string;
  /** The field with an update's number among those of one identity and slot; left out: nobody counts. */
  readonly ordinal?: string | undefined;
}

/** A derived table, how to tell what it must hold, and how to make it so. */
export interface RollupDefinition {
  /** Schema-qualified: `public.position_days`. */
  readonly table: string;
  /** A view of the same columns in the same order: what the table must hold, computed from the history alone. */
  readonly source: string;
  /** The column, of history, rollup and source, that one thing's rows share: rows of different things never depend on each other. */
  readonly identity: string;
  /** A function that takes identities (text[]), makes their rows what the source says, and returns how many were wrong. */
  readonly rebuild: string;
}

/** The sink connector of a stream, in this project's words; `connectors/` turns it into the connector's own keys. */
export interface SinkDefinition {
  /** The connector's name. */
  readonly name: string;
  readonly tasksMax: number;
  /** Rows in one statement batch. */
  readonly batchSize: number;
  /** Records in one poll; batches can be no larger than this. */
  readonly maxPollRecords: number;
  /** Bytes one partition may return in one fetch. */
  readonly maxPartitionFetchBytes: number;
  /** Enforced by each deploy. Left out: a new sink runs, and one that somebody holds back by hand is not touched. */
  readonly state?: 'running' | 'paused' | 'stopped' | undefined;
  /** `fail` stops the task on a record that does not decode (default); `dlq` moves it to the dead letter topic. */
  readonly onUndecodable: 'fail' | 'dlq';
  /** Avro fields that are not written into the table. */
  readonly omit: readonly string[];
  /** Further settings in the connector's own words; they win over what this package sets. `connect check` judges them. */
  readonly config: Readonly<Record<string, string>>;
}

/** A reference to a secret, e.g. `${env:PGPASSWORD}` or `${file:path:key}`; the secret itself never stands in a file. */
export type SecretReference = string;

/** `apicurio` speaks the API of Apicurio Registry, `confluent` the Confluent API that every registry here has. */
export type ConverterFlavour = 'apicurio' | 'confluent';

/**
 * How a worker knows PostgreSQL: files by their paths on the worker; or `embeddedCa`, a file of this project whose one certificate goes into the
 * JDBC URL. Without both the authorities of the worker's JVM do.
 */
export interface WorkerDatabaseTls extends TlsFiles {
  readonly embeddedCa?: string | undefined;
}

/** One environment of `connect.yaml`, complete: what was left out has its default, ports overridden by the process environment. */
export interface Environment {
  readonly name: string;
  /** `project` of connect.yaml: the mark of the connectors that are deployed from here. */
  readonly project?: string | undefined;
  /** Set when this package runs the parts itself. */
  readonly stack?: EmbeddedStackSettings | undefined;
  readonly kafka: {
    /** Bootstrap brokers, host:port each; none when `cluster` leads to them. */
    readonly brokers: readonly string[];
    /** ARN of an MSK cluster, which is asked for its brokers. */
    readonly cluster?: string | undefined;
    readonly replicationFactor: number;
    /** Who is asked about topics; undefined: the brokers, and MSK where they are out of reach. */
    readonly topicsBy?: TopicsBy | undefined;
    /** Whether the brokers speak TLS, and with which files beyond the system's authorities. */
    readonly ssl?: boolean | TlsFiles | undefined;
    readonly sasl?: KafkaLogin | undefined;
    /** Whether the login may travel in clear text. */
    readonly insecure?: boolean | undefined;
  };
  /** Confluent-compatible REST API. */
  readonly registry: HttpPart;
  readonly database: {
    readonly host: string;
    readonly port: number;
    /** Further servers, host:port each, of which one takes writes after a fail-over. */
    readonly standbys?: readonly string[] | undefined;
    readonly name: string;
    /** The login with the sink's rights; it serves for the two below where they are left out. */
    readonly user: string;
    readonly password: SecretReference;
    /** Whoever migrates and rebuilds: it owns the tables. */
    readonly migrator?: DatabaseLogin | undefined;
    /** Whoever only looks: its sessions write nothing. */
    readonly reader?: DatabaseLogin | undefined;
    /** Names of the group roles that hold the rights; `groupRoles` has those that are left out. */
    readonly roles?: Partial<GroupRoles> | undefined;
    /** Undefined: none. */
    readonly tls?: PostgresTls | undefined;
    /** Whether the password may travel in clear text. */
    readonly insecure?: boolean | undefined;
  };
  readonly connect: RestConnect | MskConnect;
  /** The same parts as the Connect worker sees them. Secrets are references which the worker resolves. */
  readonly worker: {
    /** Whose Avro converter decodes the values. */
    readonly converter: ConverterFlavour;
    /** Base URL for the value converter; for Apicurio's without `/apis/…`. */
    readonly registryUrl: string;
    /** `jdbc:postgresql://…` without credentials. */
    readonly databaseUrl: string;
    readonly databaseTls?: WorkerDatabaseTls | undefined;
    readonly databaseUser: string;
    readonly databasePassword: SecretReference;
    /** How the converter logs in to the registry. */
    readonly registryAuth?: HttpAuth | undefined;
    readonly registryTls?: WorkerTls | undefined;
    /** Whether the converter's login may travel in clear text. */
    readonly insecure?: boolean | undefined;
  };
  /** The gRPC service that updates come from. */
  readonly feed: {
    readonly address: string;
    /** Whether the service speaks TLS, and with which files beyond the system's authorities. */
    readonly tls: boolean | TlsFiles;
    readonly token?: SecretReference;
    /** Sent with each call: text or references by name. */
    readonly metadata?: Readonly<Record<string, string>> | undefined;
    /** How long a connection is idle before a ping tries it; 0: no pings. Default 30. */
    readonly keepaliveSeconds?: number | undefined;
    /** Whether the token may travel in clear text. */
    readonly insecure?: boolean | undefined;
  };
}

/** A name and a password by which PostgreSQL lets somebody in. */
export interface DatabaseLogin {
  readonly user: string;
  readonly password: SecretReference;
}

/** Roles without login, whose members are the logins: one name for each purpose. */
export type GroupRoles = Readonly<Record<'owner' | 'sink' | 'reader', string>>;

/** Who tells of topics and makes them: the brokers, or MSK itself, which needs no way to them. */
export type TopicsBy = 'brokers' | 'aws';

/** By a password, or as the AWS identity of the process. */
export type KafkaLogin =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: SecretReference;
    }
  | { readonly mechanism: 'aws-iam'; readonly region: string };

/** A service behind HTTP. */
export interface HttpPart {
  readonly url: string;
  /** PEM files by absolute path. */
  readonly tls?: TlsFiles | undefined;
  readonly auth?: HttpAuth | undefined;
  /** Whether the login may travel in clear text. */
  readonly insecure?: boolean | undefined;
}

/** How to log in to a service behind HTTP; `mtls`: by the certificate of `tls`. */
export type HttpAuth =
  | { readonly type: 'none' | 'mtls' }
  | { readonly type: 'basic'; readonly username: string; readonly password?: SecretReference | undefined }
  | { readonly type: 'bearer'; readonly token: SecretReference };

/** Files on the workers for a TLS connection of Java. A store is JKS where its name ends so, and PKCS #12 otherwise. */
export interface WorkerTls {
  /** PEM file of one certificate; only Apicurio's converter reads it. */
  readonly ca?: string | undefined;
  readonly truststore?: string | undefined;
  readonly truststorePassword?: SecretReference | undefined;
  /** The worker's certificate and key. */
  readonly keystore?: string | undefined;
  readonly keystorePassword?: SecretReference | undefined;
}

/** Any Kafka Connect cluster, by its REST API. */
export interface RestConnect extends HttpPart {
  readonly target: 'rest';
  /** What only a service that runs the workers has. */
  readonly endpoints?: undefined;
  readonly cluster?: undefined;
  readonly region?: undefined;
  readonly version?: undefined;
}

/** Ports of the embedded stack on the loopback interface. */
export interface EmbeddedStackSettings {
  readonly kind: 'embedded';
  readonly ports: Readonly<Record<'kafka' | 'registry' | 'postgres' | 'connect' | 'feed', number>>;
}

/** What the project's references may read: names, or beginnings with a star; files, and folders with a slash at the end. */
export type SecretRules = Readonly<Partial<Record<'environment' | 'files', readonly string[] | undefined>>>;

/** A loaded project: everything under the folder that holds `connect.yaml`. */
export interface Project {
  /** Absolute path of the folder that holds `connect.yaml`. */
  readonly root: string;
  readonly defaultEnvironment: string;
  /** Left out: PGPASSWORD, variables that begin with PERPS_, and files of the project. */
  readonly secrets?: SecretRules | undefined;
  readonly environments: Readonly<Record<string, Environment>>;
  readonly streams: readonly StreamDefinition[];
}
