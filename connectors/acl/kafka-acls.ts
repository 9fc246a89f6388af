import type { Acl } from './acls.ts';

/** The command lines of Kafka's own tool that give these rights; a shell takes them as they are. */
export const kafkaAclsCommands = (brokers: readonly string[], principal: string, acls: readonly Acl[]): string[] =>
  acls.map(({ resourceType, resourceName, patternType, operations }) =>
    [
      'kafka-acls.sh',
      `--bootstrap-server ${brokers.length === 0 ? '"$BROKERS"' : brokers.map(quoted).join(',')}`,
      '--command-config admin.properties',
      '--add',
      `--allow-principal ${quoted(principal)}`,
      ...operations.map((operation) => `--operation ${operation}`),
      ...(patternType === 'Prefixed' ? ['--resource-pattern-type prefixed'] : []),
      resourceType === 'Cluster' ? '--cluster' : `--${resourceType.toLowerCase()} ${quoted(resourceName)}`,
    ].join(' '),
  );

const quoted = (word: string): string => (/^[\w.:@/=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
