import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localSettings } from '../../../app/preflight-references.ts';
import { scratchFolder } from '../../support/scratch.ts';

const reference = (text: string) => `\${${text}}`;
const KAFKA = 'org.apache.kafka.common.config.provider';

test("what Kafka's own providers resolve on this machine stays a reference; anything else is left out and told", () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'db.properties'), 'password=from\\u0020a file\n');
  writeFileSync(join(folder, 'token'), 'from a folder');
  const properties = {
    'config.providers.env.class': `${KAFKA}.EnvVarConfigProvider`,
    'config.providers.file.class': `${KAFKA}.FileConfigProvider`,
    'config.providers.folder.class': `${KAFKA}.DirectoryConfigProvider`,
    'config.providers.secretsmanager.class': 'com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider',
  };
  const { settings, ...rest } = localSettings(
    {
      user: reference('env:DB_USER'),
      password: reference(`file:${folder}/db.properties:password`),
      token: reference(`folder:${folder}:token`),
      url: `jdbc:postgresql://${reference('secretsmanager:perps/db:host')}/${reference('env:ABSENT')}`,
      elsewhere: reference('file:/not/here.properties:password'),
      stolen: `${reference('env:NOT_ALLOWED')}${reference('file:/etc/passwd:root')}`,
      plain: '5',
    },
    properties,
    { DB_USER: 'from a variable', HOME: '/root', NOT_ALLOWED: 'x' },
    { environment: ['DB_*', 'ABSENT'], files: [`${folder}/`] },
  );
  expect(settings).toEqual({
    user: reference('env:DB_USER'),
    password: reference(`file:${folder}/db.properties:password`),
    token: reference(`folder:${folder}:token`),
    url: 'jdbc:postgresql://not-resolved/not-resolved',
    elsewhere: 'not-resolved',
    stolen: 'not-resolvednot-resolved',
    plain: '5',
  });
  expect(rest).toEqual({
    unresolved: [
      `${reference('secretsmanager:perps/db:host')} (url)`,
      `${reference('env:ABSENT')} (url)`,
      `${reference('file:/not/here.properties:password')} (elsewhere)`,
      `${reference('env:NOT_ALLOWED')} (stolen)`,
      `${reference('file:/etc/passwd:root')} (stolen)`,
    ],
    secrets: ['from a variable', 'from a file', 'from a folder'],
    variables: { DB_USER: 'from a variable' },
  });
});
