import { listOf } from '../../core/properties.ts';
import { type Client, clientHarm } from '../client-settings.ts';
import { sinkRule } from '../rule.ts';

const KAFKA = 'org.apache.kafka.connect.transforms';

/** Transforms that leave a record's values and its way alone, and the settings with which they do. Other rules judge which fields they select and add. */
const HARMLESS: Readonly<Record<string, RegExp>> = {
  [`${KAFKA}.ReplaceField$Value`]: /^(type|include|exclude|replace\.null\.with\.default)$/,
  [`${KAFKA}.InsertField$Value`]:
    /^(type|replace\.null\.with\.default|(topic|partition|offset|timestamp|static)\.field|static\.value)$/,
  [`${KAFKA}.InsertHeader`]: /^(type|header|value\.literal)$/,
  [`${KAFKA}.DropHeaders`]: /^(type|headers)$/,
};

const transform = sinkRule({
  id: 'TRANSFORM',
  what: 'The transforms select fields, add the trace columns or touch headers, for every record: none drops, routes or rewrites records, and none depends on a predicate.',
  why: 'What a transform drops or routes away is in no table, and what it rewrites is stored wrong, without an error.',
  *check({ config, at }) {
    const cloudEvents = 'cloud.events.schema.name.pattern';
    if (config[cloudEvents] !== undefined) {
      yield {
        ...at(cloudEvents),
        message: `${cloudEvents} ${config[cloudEvents]} may take records for CloudEvents, of which the sink writes one field`,
        remedy: 'remove it',
        allowedAs: { kind: 'setting', name: cloudEvents },
      };
    }
    for (const name of listOf(config.transforms)) {
      const prefix = `transforms.${name}.`;
      const type = config[`${prefix}type`] ?? '';
      const harmless = Object.hasOwn(HARMLESS, type) ? HARMLESS[type] : undefined;
      const beyond = Object.keys(config)
        .filter((key) => key.startsWith(prefix))
        .find((key) => harmless?.test(key.slice(prefix.length)) === false);
      if (harmless !== undefined && beyond === undefined) continue;
      const key = beyond ?? (config[`${prefix}type`] === undefined ? 'transforms' : `${prefix}type`);
      yield {
        ...at(key),
        message:
          beyond === undefined
            ? `transform ${name} is ${type.replace(`${KAFKA}.`, '') || 'none'}, which may drop, route or rewrite records`
            : `${beyond} ${config[beyond]} makes transform ${name} leave out records, or rename their fields`,
        remedy: 'remove it, and do that work in a view',
        allowedAs: { kind: 'transform', name },
      };
    }
  },
});

const clientSetting = sinkRule({
  id: 'CLIENT_SETTING',
  what: "The sink's Kafka clients read and commit as Connect means them to, for each sink and for all of a worker: no other cluster, class, commit or time-out.",
  why: 'Records are skipped, changed or lost in front of the sink, and offsets move on.',
  *check({ config, environment, at }, { environmentFile }) {
    for (const [key, value] of Object.entries(config)) {
      const [, client, name = ''] = /^(consumer|producer|admin)\.override\.(.+)$/.exec(key) ?? [];
      const how = client === undefined ? undefined : clientHarm(client as Client, name, value);
      if (how === undefined) continue;
      yield {
        ...at(key),
        message: `${key} ${value} ${how}`,
        remedy: 'remove it',
        allowedAs: { kind: 'setting', name: key },
      };
    }
    const { connect } = environment;
    const ofWorker = 'workerConfiguration' in connect ? connect.workerConfiguration : {};
    for (const [key, value] of Object.entries(ofWorker)) {
      const [, client, name = ''] = /^(consumer|producer|admin)\.(.+)$/.exec(key) ?? [];
      const how = client === undefined ? undefined : clientHarm(client as Client, name, String(value));
      if (how === undefined) continue;
      yield {
        path: `${environment.name}.connect.workerConfiguration.${key}`,
        places: [environmentFile.placeOf(['environments', environment.name, 'connect', 'workerConfiguration', key])],
        message: `${key} ${value} ${how}`,
        remedy: 'remove it',
        allowedAs: { kind: 'setting', name: key },
      };
    }
  },
});

/** Records reach the sink, and as they are. */
export const sinkRecordRules = [transform, clientSetting];
