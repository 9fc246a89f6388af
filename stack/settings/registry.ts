/** Name of the registry's role and database in PostgreSQL. */
export const REGISTRY_DATABASE = 'apicurio';

/** JVM heap of the registry in MiB. */
export const REGISTRY_HEAP_MB = 256;
/** Most of the registry's life is its start, and C1 alone is through with that sooner and in less memory. */
export const REGISTRY_JVM_FLAGS = ['-Xms48m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'] as const;

/** Environment of Apicurio Registry that keeps its storage in PostgreSQL, at host:port; the password comes separately. */
export function registryStorage(postgres: string): Readonly<Record<string, string>> {
  return {
    APICURIO_STORAGE_KIND: 'sql',
    APICURIO_STORAGE_SQL_KIND: 'postgresql',
    APICURIO_DATASOURCE_URL: `jdbc:postgresql://${postgres}/${REGISTRY_DATABASE}`,
    APICURIO_DATASOURCE_USERNAME: REGISTRY_DATABASE,
    // 20 connections by default, each a PostgreSQL process.
    APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '1',
    APICURIO_DATASOURCE_JDBC_MIN_SIZE: '1',
    APICURIO_DATASOURCE_JDBC_MAX_SIZE: '8',
  };
}
