import { describe, expect, it } from 'vitest';
import { type Jar, readJar } from '../../../../stack/plugin/jar.ts';
import { resolveJarConflicts } from '../../../../stack/plugin/resolve-jar-conflicts.ts';
import { type JarContents, makeJar } from '../../../support/jars.ts';

const pinned = async (path: string, contents: JarContents): Promise<Jar> =>
  readJar(path, undefined, await makeJar(contents));
const given = async (file: string, contents: JarContents, origin = `/jars/${file}`): Promise<Jar> =>
  readJar(`added/${file}`, origin, await makeJar(contents));

const paths = (jars: readonly Jar[]) => jars.map(({ path }) => path);

describe('what a jar tells of itself', () => {
  it('the newest Java of its classes, but not of those for newer Javas only', async () => {
    const jar = await given('lib-1.2.3.jar', {
      poms: ['org.example:lib:1.2.3'],
      classes: { 'a/Old': 8, 'a/New': 17, 'module-info': 21, 'META-INF/versions/21/a/Newer': 21 },
    });
    expect(jar).toMatchObject({ group: 'org.example', artifact: 'lib', version: '1.2.3', java: 17 });
    expect(jar.newestClass).toBe('a/New.class');
  });

  it('name and version by its file when nothing inside does', async () => {
    expect(await given('some-lib-2.0.1.Final.jar', {})).toMatchObject({
      artifact: 'some-lib',
      version: '2.0.1.Final',
      java: 0,
    });
  });

  it('the artifact of its own among those packed into it', async () => {
    const jar = await given('fat-1.0.jar', { poms: ['org.other:lib:9.0', 'org.example:fat:1.0'] });
    expect(jar).toMatchObject({ group: 'org.example', artifact: 'fat', version: '1.0' });
    expect(jar.contains).toHaveLength(2);
  });

  it('its licence, from its pom or a manifest with a broken line', async () => {
    const pom = await given('lib-1.jar', {
      poms: ['g:lib:1'],
      files: { 'META-INF/maven/g/lib/pom.xml': '<licenses><license><name>MIT</name></license></licenses>' },
    });
    const manifest = await given('b-1.jar', {
      files: { 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\r\nBundle-License: Apache-\r\n 2.0\r\n' },
    });
    expect([pom.licence, manifest.licence]).toEqual(['MIT', 'Apache-2.0']);
  });

  it('that it is no jar', async () => {
    await expect(readJar('added/x.jar', '/jars/x.jar', Buffer.from('not found'))).rejects.toThrow(
      /^\/jars\/x\.jar is no jar/,
    );
  });
});

describe('jars that meet in one plugin', () => {
  it('go in as they are when nothing is against it', async () => {
    const jars = [await pinned('sink/a-1.jar', { classes: { A: 17 } }), await given('b-1.jar', { classes: { B: 8 } })];
    const { kept, notes, problems } = resolveJarConflicts(jars, 17);
    expect([paths(kept), notes, problems]).toEqual([['sink/a-1.jar', 'added/b-1.jar'], [], []]);
  });

  it('are refused when built for a newer Java, each file of the user by name and the pinned ones together', async () => {
    const jars = [
      await pinned('sink/a-1.jar', { classes: { A: 17 } }),
      await pinned('sink/b-1.jar', { classes: { B: 17 } }),
      await given('c-1.jar', { classes: { C: 21 } }),
    ];
    expect(resolveJarConflicts(jars, 11).problems).toEqual([
      'a-1.jar (pinned by this package) and 1 more like it: built for Java 17 (A), and the target runs Java 11',
      '/jars/c-1.jar: built for Java 21 (C), and the target runs Java 11',
    ]);
    expect(resolveJarConflicts(jars.slice(0, 2), 17).problems).toEqual([]);
  });

  it('leave out what the worker loads its own of', async () => {
    const jars = [await given('slf4j-api-2.0.1.jar', {}), await given('jackson-databind-2.17.0.jar', {})];
    const { kept, notes } = resolveJarConflicts(jars, 17);
    expect(kept).toEqual([]);
    expect(notes).toEqual([
      '/jars/slf4j-api-2.0.1.jar is left out: the worker loads its own',
      '/jars/jackson-databind-2.17.0.jar is left out: the worker loads its own',
    ]);
  });

  it('keep the newer of two minor versions, whichever comes first, and say so', async () => {
    const old = await pinned('converter/text-2.9.2.jar', { poms: ['j:text:2.9.2'] });
    const young = await given('text-2.18.0.jar', { poms: ['j:text:2.18.0'] }, 'providers.zip');
    for (const jars of [
      [old, young],
      [young, old],
    ]) {
      const { kept, notes, problems } = resolveJarConflicts(jars, 17);
      expect(paths(kept)).toEqual(['added/text-2.18.0.jar']);
      expect(notes).toEqual([
        'text-2.9.2.jar (pinned by this package) is left out for text-2.18.0.jar (in providers.zip): one class loader takes one version',
      ]);
      expect(problems).toEqual([]);
    }
  });

  it('are one when they are the same bytes', async () => {
    const jars = [
      await given('a-1.jar', { classes: { A: 8 } }),
      await given('a-1.jar', { classes: { A: 8 } }, 'b.zip'),
    ];
    const { kept, notes, problems } = resolveJarConflicts(jars, 17);
    expect([kept.length, notes, problems]).toEqual([1, [], []]);
  });

  it.each([
    ['two major versions', 'lib-1.9.jar', 'g:lib:1.9', 'lib-2.0.jar', 'g:lib:2.0', 'different major versions'],
    ['two groups', 'lib-1.0.jar', 'g:lib:1.0', 'lib-1.1.jar', 'h:lib:1.1', 'different groups (g, h)'],
    ['one version built twice', 'lib-1.0.jar', 'g:lib:1.0', 'lib-1.0.jar', 'g:lib:1.0', 'one version and different'],
    ['a version that is not told', 'lib.jar', 'g:other:1', 'lib-1.1.jar', 'g:lib:1.1', 'does not tell its version'],
  ])('are refused: %s', async (_what, file, pom, otherFile, otherPom, reason) => {
    const jars = [
      await given(file, { poms: [pom], files: { x: '1' } }),
      await given(otherFile, { poms: [otherPom], files: { x: '2' } }),
    ];
    expect(resolveJarConflicts(jars, 17).problems).toEqual([expect.stringContaining(reason)]);
  });

  it('are refused with AWS SDK 2 in two versions, also inside of a fat jar', async () => {
    const jars = [
      await given('sdk-core-2.20.0.jar', { poms: ['software.amazon.awssdk:sdk-core:2.20.0'] }),
      await given('glue-converter-1.1.jar', { poms: ['g:glue-converter:1.1', 'software.amazon.awssdk:glue:2.29.1'] }),
    ];
    expect(resolveJarConflicts(jars, 17).problems).toEqual([
      'AWS SDK 2 in 2 versions (2.20.0 in /jars/sdk-core-2.20.0.jar, 2.29.1 in /jars/glue-converter-1.1.jar): a worker fails on it with NoSuchFieldError',
    ]);
  });

  it('are refused with two copies of one AWS SDK, and noted with both generations of it', async () => {
    const first = await given('a-1.jar', { classes: { 'software/amazon/awssdk/core/SdkClient': 8 } });
    const second = await given('b-1.jar', { classes: { 'software/amazon/awssdk/core/SdkClient': 8 } });
    const old = await given('c-1.jar', { classes: { 'com/amazonaws/AmazonWebServiceClient': 8 } });
    expect(resolveJarConflicts([first, second], 17).problems).toEqual([
      'AWS SDK 2 is in /jars/a-1.jar and in /jars/b-1.jar: a worker loads parts of both',
    ]);
    const { notes, problems } = resolveJarConflicts([first, old], 17);
    expect(problems).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('two generations of the AWS SDK')]);
  });

  it('are noted when they hold different classes of one name, unless both are pinned', async () => {
    const contents = [{ classes: { A: 8, B: 8 } }, { classes: { A: 11, B: 11 } }] as const;
    const notesOf = async (make: typeof given | typeof pinned) =>
      resolveJarConflicts([await make('a-1.jar', contents[0]), await make('b-1.jar', contents[1])], 17).notes;
    expect(await notesOf(given)).toEqual([
      '/jars/a-1.jar and /jars/b-1.jar have 2 classes of the same name and different contents, A.class for one',
    ]);
    expect(await notesOf(pinned)).toEqual([]);
  });
});
