#!/usr/bin/env node
// Runs each example as somebody does who has copied its folder: the package is packed and installed as from npm, then the commands of its README run one after the other, on
// real parts. Ends with 1 at the first that fails, and where something else does not hold: rows are there and do not differ, a second deploy does nothing, a saved plan is
// refused when somebody else has deployed in between.
//
//   node scripts/examples.mjs [example …]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { copyExample } from './examples/copy.mjs';
import { startEnvironment } from './examples/environment.mjs';
import { freePorts } from './examples/free-ports.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const UPDATES = 5_000;

/** The examples, each with its commands that serve until they are stopped, and what they say once they do. */
export const EXAMPLES = {
  'geyser-adapter': { 'npm run feed': /serving banks/ },
  'own-table': {},
  'producer-in-a-service': { 'npx perps-connect simulate': /TradesFeed/, 'npm start': /listening on/ },
  'two-environments': {},
};

/** The commands of a README, in its order. */
export const commandsOf = (readme) =>
  [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block.trim().split('\n'));

async function runReadme(copy, servers) {
  for (const command of commandsOf(copy.read('README.md'))) {
    const [, name] = / -e (\w+)/.exec(command) ?? [];
    if (name !== undefined && copy.environments.get(name) === undefined) await startEnvironment(copy, name);
    const server = Object.keys(servers).find((one) => command.startsWith(one));
    if (server !== undefined) await copy.serve(command, servers[server]);
    else if (command.startsWith('curl')) await copy.until(command, ({ trades }) => trades?.published >= UPDATES);
    // What must hold besides is asked of parts that run.
    else if (!command.endsWith(' down')) copy.run(command);
  }
}

/** Every row is there as its record says, and nothing is left to deploy. */
function proveRows(copy, flags = '') {
  const { streams } = copy.json(`verify --wait 1m${flags}`);
  copy.holds(
    streams.every(({ differences, rows }) => differences === 0 && rows === UPDATES),
    `${UPDATES} rows, 0 differences${flags}`,
  );
  const deployed = copy.json(`deploy --yes${flags}`).streams;
  copy.holds(
    deployed.every(({ outcome }) => outcome === 'unchanged'),
    `a second deploy does nothing${flags}`,
  );
}

/** Rows in an environment that nothing has been sent to. */
async function fill(copy, flags) {
  await copy.serve(`npx perps-connect simulate --updates ${UPDATES}${flags}`, /TradesFeed/);
  copy.json(`produce --end-with-feed${flags}`);
  await copy.endServers();
}

/** Somebody else deploys between a plan and its deploy. */
function proveRefusal(copy, flags) {
  const definition = join(copy.folder, 'connectors/trades.yaml');
  const before = readFileSync(definition, 'utf8');
  const batches = (size) => writeFileSync(definition, before.replace(/batchSize: \d+/, `batchSize: ${size}`));
  batches(500);
  const { digest } = copy.json(`plan --out late.plan${flags}`);
  batches(250);
  copy.json(`deploy --yes${flags}`);
  batches(500);
  const { stderr } = copy.run(`npx perps-connect deploy --plan late.plan --digest ${digest}`, { code: 1, quiet: true });
  copy.holds(/the plan is out of date; nothing was changed/.test(stderr), `a plan that is late is refused${flags}`);
  writeFileSync(definition, before);
  copy.json(`deploy --yes${flags}`);
}

async function runExample(name, tarball, work) {
  const copy = copyExample(join(root, 'examples', name), { tarball, work, ports: await freePorts() });
  try {
    await runReadme(copy, EXAMPLES[name]);
    if (copy.environments.size === 0) proveRows(copy);
    for (const [environment, { use, passwords }] of copy.environments) {
      use();
      const flags = ` -e ${environment}`;
      await fill(copy, flags);
      proveRows(copy, flags);
      proveRefusal(copy, flags);
      const files = ['connect.yaml', 'production.plan', 'late.plan'].map(copy.read).join();
      copy.holds(
        passwords.every((password) => !files.includes(password)),
        `no password in files and plans${flags}`,
      );
    }
  } finally {
    await copy.endServers();
    for (const { stop } of copy.environments.values()) stop();
    copy.run('npx perps-connect down', { quiet: true });
  }
}

function pack(work) {
  const { status, stdout } = spawnSync('npm', ['pack', '--json', '--pack-destination', work], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('npm pack failed');
  return join(work, JSON.parse(stdout.slice(stdout.indexOf('[\n')))[0].filename);
}

async function main(names) {
  const wanted = names.length === 0 ? Object.keys(EXAMPLES) : names;
  const work = mkdtempSync(join(tmpdir(), 'perps-connect-examples-'));
  try {
    const tarball = pack(work);
    for (const name of wanted) {
      const began = Date.now();
      await runExample(name, tarball, work);
      console.log(`✓ ${name} in ${Math.round((Date.now() - began) / 1_000)} s\n`);
    }
  } catch (error) {
    console.error(`✗ ${error.message}`);
    process.exitCode = 1;
  } finally {
    await sleep(500);
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
