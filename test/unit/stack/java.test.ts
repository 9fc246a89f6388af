import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findJava } from '../../../stack/java.ts';
import { scratchFolder } from '../../support/scratch.ts';

/** A folder with a `bin/java` that prints what a real one of that version prints. */
function fakeJava(version: string): string {
  const home = scratchFolder();
  mkdirSync(join(home, 'bin'));
  const script = `#!/bin/sh\necho 'openjdk version "${version}" 2024-01-01' >&2\n`;
  writeFileSync(join(home, 'bin', 'java'), script);
  chmodSync(join(home, 'bin', 'java'), 0o755);
  return home;
}

const withSystem = (home: string): string => `${join(home, 'bin')}:/bin:/usr/bin`;
const nothingOnPath = (): string => scratchFolder();

describe('findJava', () => {
  it('takes the one of JAVA_HOME before the one of the PATH', async () => {
    const home = fakeJava('21.0.1');
    const java = await findJava({ JAVA_HOME: home, PATH: withSystem(fakeJava('17.0.1')) });
    expect(java).toEqual({ command: join(home, 'bin', 'java'), version: '21.0.1' });
  });

  it('takes the one of the PATH when JAVA_HOME has an older one', async () => {
    const java = await findJava({ JAVA_HOME: fakeJava('11.0.2'), PATH: withSystem(fakeJava('17.0.1')) });
    expect(java).toMatchObject({ version: '17.0.1' });
  });

  it.each(['17.0.15', '21', '25-ea', '21.0.2+9'])(
    'takes Java %s, whose number before the first point counts',
    async (version) => {
      expect(await findJava({ PATH: withSystem(fakeJava(version)) })).toEqual({ command: 'java', version });
    },
  );

  it.each([
    ['16.0.2', 'Java 16.0.2'],
    ['1.8.0_392', 'Java 1.8.0_392'],
    ['', 'its version is not readable'],
  ])('does not take Java %j', async (version, finding) => {
    await expect(findJava({ PATH: withSystem(fakeJava(version)) })).rejects.toThrow(`PATH: ${finding}`);
  });

  it('names every Java found when none is new enough, and what to do', async () => {
    const home = fakeJava('1.8.0_392');
    await expect(findJava({ JAVA_HOME: home, PATH: withSystem(fakeJava('11.0.2')) })).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: `the local stack needs Java 17 or newer (JAVA_HOME (${home}): Java 1.8.0_392; PATH: Java 11.0.2)`,
      hint: expect.stringContaining('JAVA_HOME'),
    });
  });

  it('says when there is none at all', async () => {
    await expect(findJava({ PATH: nothingOnPath() })).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: 'the local stack needs Java 17 or newer (PATH: none found)',
    });
  });

  it('says what a Java that does not run has to say', async () => {
    const home = fakeJava('17.0.1');
    writeFileSync(join(home, 'bin', 'java'), '#!/bin/sh\necho "Unable to locate a Java Runtime." >&2\nexit 1\n');
    await expect(findJava({ JAVA_HOME: home, PATH: nothingOnPath() })).rejects.toThrow(
      'it does not run (Unable to locate a Java Runtime.)',
    );
  });
});
