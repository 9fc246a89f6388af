import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseProperties } from '../../../../core/properties.ts';
import { findJava } from '../../../../stack/java.ts';
import { jvmEnvironment, jvmFlags, log4j2Properties } from '../../../../stack/parts/jvm.ts';
import { scratchFolder } from '../../../support/scratch.ts';

test.each([{}, { LANG: 'C' }, { LC_ALL: 'POSIX', LANG: 'C.UTF-8' }])(
  'a JVM opens files whose path is not ASCII where the locale is %o',
  async (locale) => {
    const folder = join(scratchFolder(), 'josé');
    mkdirSync(folder);
    const program = join(folder, 'Hello.java');
    writeFileSync(program, 'class Hello { public static void main(String[] args) { System.out.print("hello"); } }');
    const { command } = await findJava(process.env);
    const env = jvmEnvironment({ PATH: process.env.PATH, ...locale }, {});
    expect(execFileSync(command, ['-XX:TieredStopAtLevel=1', program], { env, encoding: 'utf8' })).toBe('hello');
  },
);

test('a log file is named as it is, whatever its path holds', () => {
  const file = '/home/josé/C:\\logs/kafka.log';
  const properties = parseProperties(log4j2Properties(file, { 'org.apache.kafka': 'WARN' }));
  expect(properties).toMatchObject({
    'appender.file.fileName': file,
    'appender.file.filePattern': `${file}.%i`,
    'logger.l0.name': 'org.apache.kafka',
    'logger.l0.level': 'WARN',
  });
});

test("log4j looks nothing up in a path, and the log is its owner's alone", () => {
  const properties = parseProperties(log4j2Properties(`/home/\${env:X}/a.log`, {}));
  expect(properties['appender.file.fileName']).toBe(`/home/$\${env:X}/a.log`);
  expect(properties['appender.file.filePermissions']).toBe('rw-------');
});

test('no JVM of the stack leaves its memory in a file', () => {
  expect(jvmFlags(64)).toEqual(
    expect.arrayContaining(['-XX:-HeapDumpOnOutOfMemoryError', '-XX:-CreateCoredumpOnCrash']),
  );
});
