import { makeJar, makeZip } from '../jars.ts';

/** What the settings of a project's sinks on MSK Connect name, each with the Java release it is built for. */
export const PLUGIN_CLASSES: Readonly<Record<string, number>> = {
  'io/debezium/connector/jdbc/JdbcSinkConnector': 17,
  'io/apicurio/registry/utils/converter/AvroConverter': 11,
  'com/amazonaws/kafka/config/providers/SecretsManagerConfigProvider': 11,
};

/** A plugin in miniature: one jar with these classes. */
export const pluginZip = async (classes: Readonly<Record<string, number>> = PLUGIN_CLASSES): Promise<Buffer> =>
  makeZip({ 'sink/plugin.jar': await makeJar({ classes }) });
