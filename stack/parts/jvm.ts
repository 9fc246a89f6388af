import { propertiesText } from '../../core/properties.ts';

/** Flags that every JVM of the stack runs with. Heap sizes in MiB. */
export function jvmFlags(heapMb: number, extra: readonly string[] = []): string[] {
  return [
    `-Xmx${heapMb}m`,
    '-Duser.timezone=UTC',
    '-Djava.awt.headless=true',
    // A JVM that has run out of memory limps on with some of its threads dead; better a process that is plainly gone.
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    ...extra,
  ];
}

const PASSED_ON = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TMPDIR', 'LD_LIBRARY_PATH'];

/**
 * The environment of a child: what programs generally need, and what is given. Not the user's whole environment:
 * KAFKA_OPTS, JAVA_TOOL_OPTIONS or QUARKUS_… set for other work would change the stack, and secrets do not belong there.
 */
export function childEnvironment(env: NodeJS.ProcessEnv, given: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(kept), TZ: 'UTC', ...given };
}

/** `childEnvironment` for a JVM: it decodes paths by the locale, and in one of ASCII alone it cannot open /home/josé. */
export function jvmEnvironment(env: NodeJS.ProcessEnv, given: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const isUtf8 = /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
  return childEnvironment(env, isUtf8 ? given : { LC_ALL: 'C.UTF-8', ...given });
}

/** A log4j2 configuration: one rolling file, times in UTC. `levels` are loggers that say less, or more, than INFO. */
export function log4j2Properties(file: string, levels: Readonly<Record<string, string>>): string {
  const loggers = Object.entries(levels).flatMap(([name, level], index) => [
    [`logger.l${index}.name`, name],
    [`logger.l${index}.level`, level],
  ]);
  return propertiesText({
    status: 'ERROR',
    'appender.file.type': 'RollingFile',
    'appender.file.name': 'file',
    'appender.file.fileName': file,
    'appender.file.filePattern': `${file}.%i`,
    'appender.file.layout.type': 'PatternLayout',
    'appender.file.layout.pattern': "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC} %-5p %c{1} - %m%n",
    'appender.file.policies.type': 'Policies',
    'appender.file.policies.size.type': 'SizeBasedTriggeringPolicy',
    'appender.file.policies.size.size': '10MB',
    'appender.file.strategy.type': 'DefaultRolloverStrategy',
    'appender.file.strategy.max': 2,
    'rootLogger.level': 'INFO',
    'rootLogger.appenderRef.file.ref': 'file',
    ...Object.fromEntries(loggers),
  });
}
