import { join } from 'node:path';
import { createHttp } from '../../core/http.ts';
import type { Part } from '../part.ts';
import { freePort } from '../ports.ts';
import { REGISTRY_HEAP_MB, REGISTRY_JVM_FLAGS, registryStorage } from '../settings/registry.ts';
import type { PartContext } from './context.ts';
import { jvmFlags, jvmPart } from './jvm.ts';

const FLAGS = jvmFlags(REGISTRY_HEAP_MB, REGISTRY_JVM_FLAGS);

/** Apicurio Registry with its storage in the local PostgreSQL, so that ids survive a restart. */
export function registryPart(context: PartContext): Part {
  const { folder, ports, secrets, groups } = context;
  const jar = join(groups.registry.folder, 'apicurio-registry-app-3.0.9-runner.jar');
  const settings = registryProperties(ports.registry, folder.logFile('registry'));
  return jvmPart(context, {
    name: 'registry',
    flags: FLAGS,
    settings: [settings, jar, ports.postgres],
    variables: {
      QUARKUS_LOG_CONSOLE_ENABLE: 'false',
      ...registryStorage(`127.0.0.1:${ports.postgres}`),
      APICURIO_DATASOURCE_PASSWORD: secrets.registry,
    },
    startsAfter: ['postgres'],
    async prepare() {
      const properties = { ...settings, 'quarkus.management.port': String(await freePort()) };
      return [...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`), '-jar', jar];
    },
    async probe() {
      const baseUrl = `http://127.0.0.1:${ports.registry}`;
      const http = createHttp({ what: 'the registry', baseUrl, timeoutMs: 5_000 });
      const subjects = await http.request<unknown>('GET', '/apis/ccompat/v7/subjects');
      if (subjects.status !== 200 || !Array.isArray(subjects.body)) return false;
      // The worker's converter reads schemas by the other API.
      return (await http.request('GET', '/apis/registry/v2/system/info')).status === 200;
    },
  });
}

function registryProperties(port: number, logFile: string): Record<string, string> {
  return {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': String(port),
    'quarkus.management.host': '127.0.0.1',
    'quarkus.http.access-log.enabled': 'false',
    'quarkus.log.file.enable': 'true',
    'quarkus.log.file.json': 'false',
    'quarkus.log.file.path': logFile,
    'quarkus.log.file.format': "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5p %c{1} - %m%e%n",
    'quarkus.log.file.rotation.max-file-size': '10M',
    'quarkus.log.file.rotation.max-backup-index': '2',
  };
}
