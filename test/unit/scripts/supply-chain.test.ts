import { readdirSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryFile } from '../../support/compose-file.ts';
import { nodeScript } from '../../support/node-script.ts';

interface Pins {
  readonly pinsOf: (text: string) => { actions: string[]; images: string[] };
  readonly renewed: (text: string, found: Map<string, unknown>) => string;
  readonly newestOf: (listing: string, major: string) => { version: string; commit: string } | undefined;
}
interface Packages {
  readonly npmPackages: (lock: string) => { purl: string }[];
  readonly jars: (lock: object) => { purl: string }[];
}
const script = async <T>(name: string): Promise<T> =>
  (await import(new URL(`../../../scripts/${name}`, import.meta.url).href)) as T;
const { pinsOf, renewed, newestOf } = await script<Pins>('pins.mjs');
const { npmPackages, jars } = await script<Packages>('packages.mjs');
const workflowsIn = (folder: string) =>
  readdirSync(new URL(`../../../${folder}`, import.meta.url)).map(
    (name) => [name, repositoryFile(`${folder}/${name}`)] as const,
  );
const workflows = workflowsIn('.github/workflows');
const workflowsOfExamples = workflowsIn('examples/two-environments/.github/workflows');

it.each([...workflows, ...workflowsOfExamples])(
  '%s runs actions by their commit, may read, and keeps no login',
  (_name, text) => {
    const uses = [...text.matchAll(/uses: (.*)/g)].map(([, pin]) => pin);
    const ours = /^\.\/\.github\/workflows\/[\w-]+\.yml$/;
    for (const pin of uses.filter((one = '') => !ours.test(one)))
      expect(pin).toMatch(/^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect((parse(text) as { permissions: unknown }).permissions).toEqual({ contents: 'read' });
    expect(text.match(/persist-credentials: false/g)?.length).toBe(text.match(/actions\/checkout@/g)?.length);
  },
);

it('one version of pnpm in package.json, workflows and image; another one is not made to download it', () => {
  const { packageManager } = JSON.parse(repositoryFile('package.json')) as { packageManager: string };
  const all = [...workflows.map(([, text]) => text), repositoryFile('docker/app/Dockerfile')].join('\n');
  expect(packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+$/);
  expect(new Set([...all.matchAll(/(?:npx -y|--global) (\S+)/g)].map(([, used]) => used))).toEqual(
    new Set([packageManager]),
  );
  expect(parse(repositoryFile('pnpm-workspace.yaml'))).toMatchObject({ pmOnFail: 'ignore' });
});

it('renews what was found, whether it was pinned or not, and leaves the rest', () => {
  const [old, next] = ['1'.repeat(40), '2'.repeat(40)];
  const digest = `sha256:${'a'.repeat(64)}`;
  const before = `- uses: actions/cache@v4\n- uses: actions/checkout@${old} # v4.1.0\n- uses: other/one@v2\nimage: apache/kafka:4.3.1\nimage: perps-connect/app:0.1.0\nFROM node:22.1.0-alpine@sha256:${'b'.repeat(64)} AS x\nFROM package AS y\n`;
  expect(pinsOf(before)).toEqual({
    actions: ['actions/cache@v4', 'actions/checkout@v4', 'other/one@v2'],
    images: ['apache/kafka:4.3.1', 'node:22.1.0-alpine'],
  });
  const pin = { version: 'v4.10.0', commit: next };
  const found = new Map<string, unknown>([
    ['actions/cache@v4', pin],
    ['actions/checkout@v4', pin],
    ['apache/kafka:4.3.1', digest],
    ['node:22.1.0-alpine', digest],
  ]);
  const after = `- uses: actions/cache@${next} # v4.10.0\n- uses: actions/checkout@${next} # v4.10.0\n- uses: other/one@v2\nimage: apache/kafka:4.3.1@${digest}\nimage: perps-connect/app:0.1.0\nFROM node:22.1.0-alpine@${digest} AS x\nFROM package AS y\n`;
  expect(renewed(before, found)).toBe(after);
  expect(renewed(after, found)).toBe(after);
  expect(renewed(before, new Map())).toBe(before);
  const listing = `${old}\trefs/tags/v4.10.0\n${next}\trefs/tags/v4.10.0^{}\n${old}\trefs/tags/v4.9.0\n${old}\trefs/tags/v5.0.0\n${old}\trefs/tags/v4\n`;
  expect(newestOf(listing, '4')).toEqual(pin);
  expect(newestOf(listing, '6')).toBeUndefined();
});

it('names packages and jars as the registries do, and refuses what it does not understand', () => {
  const lock = (entry: string) => `x\npackages:\n\n${entry}\nsnapshots:\n`;
  const entry = "  '@a/b@1.0.0-x.1':\n    resolution: {integrity: sha512-AAAA}\n";
  expect(npmPackages(lock(entry))).toMatchObject([{ purl: 'pkg:npm/%40a/b@1.0.0-x.1', hash: { content: '000000' } }]);
  expect(() => npmPackages(lock(`${entry}\n  c@2.0.0:\n    resolution: {tarball: x}\n`))).toThrow('1 of 2 packages');
  const purls = (...names: string[]) => jars({ groups: { x: { files: names.map((name) => ({ name })) } } });
  expect(purls('lib/modified-io.vertx.vertx-core-4.5.13.jar', 'lib/jakarta.ws.rs.jakarta.ws.rs-api-3.1.0.jar')).toEqual(
    [
      expect.objectContaining({ purl: 'pkg:maven/io.vertx/vertx-core@4.5.13' }),
      expect.objectContaining({ purl: 'pkg:maven/jakarta.ws.rs/jakarta.ws.rs-api@3.1.0' }),
    ],
  );
  expect(() => purls('sink/unheard-of-1.0.jar')).toThrow('SINK_GROUPS');
});

it('the SBOM is valid CycloneDX and has the npm packages and the jars', async () => {
  const { stdout } = await nodeScript('scripts/sbom.mjs');
  const document = JSON.parse(stdout) as { components: { purl: string }[] };
  const schema = (name: string) =>
    JSON.parse(repositoryFile(`node_modules/@cyclonedx/cyclonedx-library/res/schema/${name}.SNAPSHOT.schema.json`));
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs']) {
    ajv.addSchema({ ...schema(name), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` });
  }
  const validate = ajv.compile(schema('bom-1.6'));
  expect(validate(document) ? [] : validate.errors).toEqual([]);
  expect(validate({ ...document, components: [{ type: 'library' }] })).toBe(false);
  const purls = document.components.map(({ purl }) => purl);
  const { dependencies } = JSON.parse(repositoryFile('package.json')) as { dependencies: Record<string, string> };
  expect(purls).toContain(`pkg:npm/kafkajs@${dependencies.kafkajs}`);
  expect(purls).toContain('pkg:maven/org.apache.kafka/kafka-clients@4.3.1');
  expect(purls).toContain('pkg:maven/org.postgresql/postgresql@42.7.11');
});
