import { nearest } from '../../pipeline/did-you-mean.ts';
import { type Harm, harmOf, is, isNot } from '../harms.ts';
import { urlParameters } from '../rendered-sink.ts';
import { sinkRule } from '../rule.ts';
import { sessionHarm, sessionOptions } from '../session-settings.ts';

/** The driver's parameters (pgjdbc 42.7.11) that change neither what is written nor where, or that other rules judge. */
const HARMLESS = new Set(
  `adaptiveFetch adaptiveFetchMaximum adaptiveFetchMinimum ApplicationName assumeMinServerVersion autosave binaryTransfer
  binaryTransferDisable binaryTransferEnable cancelSignalTimeout channelBinding cleanupSavepoints connectTimeout
  convertBooleanToNumeric currentSchema databaseMetadataCacheFields databaseMetadataCacheFieldsMiB defaultRowFetchSize
  disableColumnSanitiser escapeSyntaxCallMode groupStartupParameters gssEncMode gsslib gssResponseTimeout gssUseDefaultCreds
  hideUnprivilegedObjects hostRecheckSeconds jaasApplicationName jaasLogin kerberosServerName loadBalanceHosts
  localSocketAddress loggerFile loggerLevel loginTimeout logServerErrorDetail logUnclosedConnections maxResultBuffer
  maxSendBufferSize options password pemKeyAlgorithm prepareThreshold preparedStatementCacheQueries
  preparedStatementCacheSizeMiB quoteReturningIdentifiers readOnlyMode receiveBufferSize requireAuth reWriteBatchedInserts
  scramMaxIterations sendBufferSize socketTimeout ssl sslcert sslhostnameverifier sslkey sslmode sslNegotiation sslpassword
  sslfactoryarg sslpasswordcallback sslResponseTimeout sslrootcert sspiServiceClass stringtype tcpKeepAlive tcpNoDelay unknownLength user
  useSpnego`.split(/\s+/),
);

const ELSEWHERE = 'leads to another database than the URL names';
const OWN_CLASS = 'puts a class of your own between the sink and PostgreSQL';

const isGiven = is(/./);
/** Those of the driver that verify. */
const DRIVERS_OWN_FACTORY =
  /^org\.postgresql\.ssl\.(DefaultJavaSSLFactory|SingleCertValidatingFactory|(jdbc4\.)?LibPQFactory)$/;

/** Values of a parameter that harm, and how. */
const HARMFUL: Readonly<Record<string, Harm>> = {
  readOnly: [is(/^true$/i), 'makes every transaction read-only: each write is refused'],
  preferQueryMode: [is(/^simple$/i), 'sends values as text inside the statement, and rewrites no batches'],
  queryTimeout: [is(/[1-9]/), 'cancels a write that waits for a lock or a commit, and the task fails'],
  allowEncodingChanges: [is(/^true$/i), 'lets the encoding change under the driver: text arrives as other text'],
  replication: [is(/^(?!false$|off$|no$|0$)./i), 'opens a replication connection, which takes no prepared statement'],
  protocolVersion: [is(/^(?!3(\.\d)?$)./), 'asks for a protocol that PostgreSQL does not speak'],
  PGHOST: [isGiven, ELSEWHERE],
  PGPORT: [isGiven, ELSEWHERE],
  PGDBNAME: [isGiven, ELSEWHERE],
  service: [isGiven, ELSEWHERE],
  socketFactory: [isGiven, OWN_CLASS],
  socketFactoryArg: [isGiven, OWN_CLASS],
  sslfactory: [isNot(DRIVERS_OWN_FACTORY), OWN_CLASS],
  authenticationPluginClassName: [isGiven, OWN_CLASS],
  xmlFactoryFactory: [isGiven, OWN_CLASS],
};

/** Whether all that the URL may lead to is a primary. One host that is a standby is none to choose from. */
function onPrimary(url: string, parameters: ReadonlyMap<string, string>): boolean {
  const target = parameters.get('targetServerType') ?? 'any';
  const hosts = /^jdbc:postgresql:\/\/([^/?]*)/.exec(url)?.[1]?.split(',') ?? [];
  return /^(primary|master)$/i.test(target) || (/^any$/i.test(target) && hosts.length < 2);
}

const jdbcUrl = sinkRule({
  id: 'JDBC_URL',
  what: "The JDBC URL leads to a primary, and its parameters are the driver's own and let the sink write as it does.",
  why: 'The task fails on its first write, or writes somewhere else; a parameter that the driver does not know keeps its default.',
  *check({ config, at }) {
    const url = config['connection.url'] ?? '';
    const parameters = urlParameters(url);
    const finding = (name: string, message: string, remedy: string) => ({
      ...at('connection.url'),
      message,
      remedy,
      allowedAs: { kind: 'jdbc', name } as const,
    });
    for (const [name, value] of parameters) {
      const how = harmOf(HARMFUL, name, value);
      if (how !== undefined) {
        yield finding(name, `the JDBC URL sets ${name}, which ${how}`, `take ${name} out of the URL`);
      } else if (!Object.hasOwn(HARMFUL, name) && !HARMLESS.has(name) && name !== 'targetServerType') {
        const guess = nearest(name, [...HARMLESS, ...Object.keys(HARMFUL), 'targetServerType']);
        const meant = guess === undefined ? '' : `; did you mean "${guess}"?`;
        const remedy = guess === undefined ? `take ${name} out of the URL` : `write ${guess}`;
        yield finding(name, `the driver knows no parameter "${name}" in the JDBC URL${meant}`, remedy);
      }
    }
    if (!onPrimary(url, parameters)) {
      const message = 'the JDBC URL may lead to a standby, which refuses every write';
      yield finding('targetServerType', message, 'write targetServerType=primary');
    }
  },
});

const sessionSetting = sinkRule({
  id: 'SESSION_SETTING',
  what: "The sink's database session writes, at READ COMMITTED, with triggers and durable commits, without time-outs of PostgreSQL, as its own role.",
  why: 'Rows are refused, lost in a crash or written without the rollup; or a task fails when a commit waits.',
  *check({ config, at }) {
    const { settings, rest } = sessionOptions(urlParameters(config['connection.url'] ?? '').get('options') ?? '');
    for (const [name, value] of settings) {
      const how = sessionHarm(name, value);
      if (how === undefined) continue;
      yield {
        ...at('connection.url'),
        message: `the URL's options set ${name}=${value}, which ${how}`,
        remedy: 'take it out of the URL',
        allowedAs: { kind: 'session', name },
      };
    }
    if (rest.length === 0) return;
    yield {
      ...at('connection.url'),
      message: `the URL's options hold ${rest.join(' ')}, which is no setting (-c name=value)`,
      remedy: 'take it out of the URL',
      allowedAs: { kind: 'jdbc', name: 'options' },
    };
  },
});

/** What changes nothing but what is logged and counted. */
const COUNTS_ONLY =
  /^hibernate\.(show_sql|format_sql|highlight_sql|use_sql_comments|generate_statistics|log_slow_query|session\.events\.log.*|jdbc\.log\.warnings)$/;
const DIALECT = 'org.hibernate.dialect.PostgreSQLDialect';

const hibernateSetting = sinkRule({
  id: 'HIBERNATE_SETTING',
  what: "The dialect is PostgreSQL's, Hibernate's other settings only log or count, and connections come from the sink's own provider.",
  why: 'Hibernate hands its settings to the driver and to the pool: a sink can lose its commit, its isolation, its zone or its database by them.',
  *check({ config, at }) {
    for (const [key, value] of Object.entries(config)) {
      const isOther = key.startsWith('hibernate.') || key === 'connection.provider';
      if (!isOther || COUNTS_ONLY.test(key) || (key === 'hibernate.dialect' && value === DIALECT)) continue;
      yield {
        ...at(key),
        message: `${key} ${value} changes how the sink reaches or writes the database`,
        remedy: 'remove it: this package sets what the sink needs',
        allowedAs: { kind: 'setting', name: key },
      };
    }
  },
});

/** How the sink reaches the database, and as what. */
export const sinkSessionRules = [jdbcUrl, sessionSetting, hibernateSetting];
