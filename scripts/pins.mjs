#!/usr/bin/env node
// Renews the pins that cannot be moved: the commit of each GitHub action, to the newest version of the same major, and
// the digest of each image's tag. What cannot be looked up stays as it is, and the script ends with 1. Needs `git`.
//
//   node scripts/pins.mjs
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ACTION = /(?<=uses: )([\w.-]+\/[\w.-]+)@(?:[0-9a-f]{40} # )?v(\d+)[\d.]*/g;
const IMAGE = /(?<=image: |FROM |--entrypoint promtool )([a-z][\w./-]*):(v?\d[\w.-]*)(?:@sha256:[0-9a-f]{64})?/g;

/** The text with each pin as `found` tells it by its key, `owner/action@v4` or `image:tag`; others stay. */
export function renewed(text, found) {
  return text
    .replace(ACTION, (pin, name, major) => {
      const next = found.get(`${name}@v${major}`);
      return next === undefined ? pin : `${name}@${next.commit} # ${next.version}`;
    })
    .replace(IMAGE, (pin, name, tag) => {
      const digest = found.get(`${name}:${tag}`);
      return digest === undefined ? pin : `${name}:${tag}@${digest}`;
    });
}

/** What a text pins: the keys that `renewed` asks for. Images that are built here have no digest elsewhere. */
export function pinsOf(text) {
  return {
    actions: [...text.matchAll(ACTION)].map(([, name, major]) => `${name}@v${major}`),
    images: [...text.matchAll(IMAGE)]
      .filter(([, name]) => !name.startsWith('perps-connect/'))
      .map(([, name, tag]) => `${name}:${tag}`),
  };
}

/** The newest version of a major, with its commit, from `git ls-remote --tags`. A tag with a text has its commit in `^{}`. */
export function newestOf(listing, major) {
  const commits = new Map();
  for (const [, commit, version] of listing.matchAll(/^([0-9a-f]{40})\trefs\/tags\/(v\d+\.\d+\.\d+)(?:\^\{\})?$/gm)) {
    commits.set(version, commit);
  }
  const numbers = (version) => version.slice(1).split('.').map(Number);
  const [version] = [...commits.keys()]
    .filter((one) => one.startsWith(`v${major}.`))
    .sort((a, b) => numbers(b)[1] - numbers(a)[1] || numbers(b)[2] - numbers(a)[2]);
  return version === undefined ? undefined : { version, commit: commits.get(version) };
}

async function lookUpAction(key) {
  const [name, major] = key.split('@v');
  const { status, stdout, stderr } = spawnSync('git', ['ls-remote', '--tags', `https://github.com/${name}`], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(stderr.trim());
  const newest = newestOf(stdout, major);
  if (newest === undefined) throw new Error(`no version v${major}.x.y`);
  return newest;
}

/** All images come from Docker Hub; a name without an owner is one of its own. */
async function lookUpImage(key) {
  const [name, tag] = key.split(':');
  const repository = name.includes('/') ? name : `library/${name}`;
  const signal = AbortSignal.timeout(60_000);
  const scope = `https://auth.docker.io/token?service=registry.docker.io&scope=repository:${repository}:pull`;
  const { token } = await (await fetch(scope, { signal })).json();
  const reply = await fetch(`https://registry-1.docker.io/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    signal,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json',
    },
  });
  const digest = reply.headers.get('docker-content-digest') ?? '';
  if (!reply.ok || !/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`HTTP ${reply.status}, digest "${digest}"`);
  return digest;
}

async function main() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const workflows = readdirSync(`${root}.github/workflows`).map((name) => `.github/workflows/${name}`);
  const files = [...workflows, 'docker-compose.yml', 'docker/app/Dockerfile', 'docker/connect/Dockerfile'];
  // The workflow of a new project, and those of an example.
  files.push('app/init/project-texts.ts');
  const promotion = 'examples/two-environments/.github/workflows';
  files.push(...readdirSync(`${root}${promotion}`).map((name) => `${promotion}/${name}`));
  const texts = files.map((file) => [`${root}${file}`, readFileSync(`${root}${file}`, 'utf8')]);
  const pins = texts.map(([, text]) => pinsOf(text));
  const found = new Map();
  for (const [keys, lookUp] of [
    [pins.flatMap(({ actions }) => actions), lookUpAction],
    [pins.flatMap(({ images }) => images), lookUpImage],
  ]) {
    for (const key of new Set(keys)) {
      try {
        found.set(key, await lookUp(key));
      } catch (error) {
        console.error(`${key} stays: ${error.cause?.message ?? error.message}`);
        process.exitCode = 1;
      }
    }
  }
  for (const [file, text] of texts) writeFileSync(file, renewed(text, found));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
