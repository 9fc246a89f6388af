#!/usr/bin/env node
// Refreshes connectors/settings/connector-keys/*.json: which settings the pinned parts know. For maintainers, after a pinned part
// changed. Needs the local stack (`connect up`) and Java.
//
//   node scripts/snapshot-connector-keys.mjs [--worker http://127.0.0.1:19383] [--kafka-jars FOLDER]
//
// The worker tells what the sink, the transforms and the converters declare. Client and topic settings are told by
// Kafka's own classes, which print their definitions; `--kafka-jars` is the folder of Kafka's jars and defaults to the
// one in the download cache. What a part reads without declaring it stands in undeclared.json, written by hand.
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const SINK = 'io.debezium.connector.jdbc.JdbcSinkConnector';
const KINDS = ['converter', 'header_converter', 'predicate', 'transformation'];

const { values: flags } = parseArgs({
  options: { worker: { type: 'string', default: 'http://127.0.0.1:19383' }, 'kafka-jars': { type: 'string' } },
});
const target = fileURLToPath(new URL('../connectors/settings/connector-keys/', import.meta.url));
const jars = flags['kafka-jars'] ?? cachedKafka();

const plugins = await get('/connector-plugins?connectorsOnly=false');
const sink = plugins.find((plugin) => plugin.class === SINK);
if (sink === undefined) throw new Error(`the worker at ${flags.worker} has no plugin ${SINK}`);
save('sink.json', { class: SINK, version: sink.version, keys: await declaredKeys(SINK) });

const classes = {};
for (const { class: name, type } of plugins.sort((a, b) => (a.class < b.class ? -1 : 1))) {
  if (!KINDS.includes(type)) continue;
  const known = classes[name];
  if (known !== undefined) known.kinds.push(type);
  else classes[name] = { kinds: [type], keys: await declaredKeys(name) };
}
save('plugins.json', classes);
save('consumer.json', printedKeys('org.apache.kafka.clients.consumer.ConsumerConfig'));
save('producer.json', printedKeys('org.apache.kafka.clients.producer.ProducerConfig'));
save('admin.json', printedKeys('org.apache.kafka.clients.admin.AdminClientConfig'));
save('topic.json', printedKeys('org.apache.kafka.storage.internals.log.LogConfig'));

// The repository's formatter has the last word on JSON, so that a refresh shows only what changed.
spawnSync('npx', ['biome', 'format', '--write', target], { stdio: 'inherit' });

async function get(path) {
  const reply = await fetch(`${flags.worker}${path}`);
  if (!reply.ok) throw new Error(`${flags.worker}${path} answered ${reply.status}`);
  return reply.json();
}

async function declaredKeys(plugin) {
  const keys = await get(`/connector-plugins/${encodeURIComponent(plugin)}/config`);
  return keys.map(({ name, type, required, default_value: value, importance }) => ({
    name,
    type,
    ...(required ? { required } : {}),
    ...(value === null ? {} : { default: value }),
    importance,
  }));
}

function printedKeys(className) {
  const { status, stdout, stderr } = spawnSync('java', ['-cp', `${jars}/*`, className], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`java ${className} ended with ${status}: ${stderr}`);
  return stdout
    .split('<h4>')
    .slice(1)
    .map((entry) => {
      const row = (title) => text(new RegExp(`<th>${title}:</th><td>([\\s\\S]*?)</td>`).exec(entry)?.[1] ?? '');
      const value = row('Default').replace(/ \(.*\)$/, '');
      return {
        name: text(/href="#[^"]*">([^<]+)</.exec(entry)[1]),
        type: row('Type').toUpperCase(),
        ...(value === '' ? {} : { default: value }),
        ...(row('Valid Values') === '' ? {} : { valid: row('Valid Values') }),
        importance: row('Importance').toUpperCase(),
      };
    });
}

function text(html) {
  return html.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&').trim();
}

function cachedKafka() {
  const home = process.env.HOME ?? homedir();
  const cache =
    process.env.CONNECT_CACHE_DIR ??
    (process.platform === 'darwin'
      ? join(home, 'Library', 'Caches', 'perps-connect')
      : join(process.env.XDG_CACHE_HOME ?? join(home, '.cache'), 'perps-connect'));
  const folder = readdirSync(cache).find((name) => name.startsWith('kafka-'));
  if (folder === undefined) throw new Error(`no Kafka in ${cache}; run \`connect up\` or give --kafka-jars`);
  return join(cache, folder);
}

function save(name, value) {
  writeFileSync(join(target, name), `${JSON.stringify(value, null, 2)}\n`);
}
