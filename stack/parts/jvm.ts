import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { propertiesText } from '../../core/properties.ts';
import type { StateFolder } from '../folders.ts';
import { fingerprint, type Part, partMarker } from '../part.ts';
import type { PartName } from '../types.ts';
import type { PartContext } from './context.ts';

/** What one JVM of the stack has of its own. */
export interface JvmProgram extends Pick<Part, 'name' | 'startsAfter' | 'probe'> {
  readonly flags: readonly string[];
  /** What decides how it runs, besides the flags. */
  readonly settings: readonly unknown[];
  /** Variables that it gets besides those of `jvmEnvironment`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Writes its configuration and initialises its data. Returns what stands behind the flags; `java` is the executable. */
  prepare(java: string): Promise<readonly string[]>;
}

/** A part that is a JVM. */
export function jvmPart(context: PartContext, program: JvmProgram): Part {
  const { folder, ports, env, java } = context;
  const { name, startsAfter, probe, flags } = program;
  const marker = partMarker(folder, name);
  return {
    name,
    port: ports[name],
    marker,
    fingerprint: fingerprint(flags, ...program.settings),
    startsAfter,
    check: java,
    async prepare(signal) {
      const { command } = await java();
      await context.artifacts(signal);
      const args = [marker, ...flags, ...(await program.prepare(command))];
      return { command, args, env: jvmEnvironment(env, program.variables) };
    },
    probe,
  };
}

/** Writes the two files of a program that comes with Kafka; returns its arguments. `levels` as in `log4j2Properties`. */
export async function kafkaArguments(
  { config, logFile }: StateFolder,
  name: PartName,
  program: {
    readonly mainClass: string;
    readonly properties: string;
    readonly levels: Readonly<Record<string, string>>;
  },
): Promise<string[]> {
  const settings = join(config, `${name}.properties`);
  const logging = join(config, `${name}-log4j2.properties`);
  await writeFile(settings, program.properties);
  await writeFile(logging, log4j2Properties(logFile(name), program.levels));
  return [`-Dlog4j2.configurationFile=${logging}`, program.mainClass, settings];
}

/** Flags that every JVM of the stack runs with. Heap sizes in MiB. */
export function jvmFlags(heapMb: number, extra: readonly string[] = []): string[] {
  return [
    `-Xmx${heapMb}m`,
    '-Duser.timezone=UTC',
    '-Djava.awt.headless=true',
    // A JVM that has run out of memory limps on with some of its threads dead; better a process that is plainly gone.
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    // Passwords are in the heap.
    '-XX:-HeapDumpOnOutOfMemoryError',
    '-XX:-CreateCoredumpOnCrash',
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

/** A path in which log4j looks nothing up. */
const literal = (path: string): string => path.replaceAll('${', '$$$${');

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
    'appender.file.fileName': literal(file),
    'appender.file.filePattern': `${literal(file)}.%i`,
    'appender.file.filePermissions': 'rw-------',
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
