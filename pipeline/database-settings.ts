import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isLoopback } from '../core/loopback.ts';
import type { PostgresTls } from '../core/postgres.ts';
import { clearTextProblem } from './clear-text.ts';
import type { Problem } from './finding.ts';
import { absolute } from './kafka-settings.ts';
import type { Environment, WorkerDatabaseTls } from './types.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** `database` of an environment as the schema leaves it. */
export interface DatabaseForm extends Omit<Environment['database'], 'tls'> {
  readonly tls?: PostgresTls['mode'] | (Omit<PostgresTls, 'mode'> & { readonly mode?: PostgresTls['mode'] });
}

const serversOf = ({ host, port, standbys = [] }: DatabaseForm): string[] => [
  `${host.includes(':') ? `[${host}]` : host}:${port}`,
  ...standbys,
];

/** Encrypted and verified, unless every server is on this machine or the file says otherwise. */
function modeOf(form: DatabaseForm): PostgresTls['mode'] {
  const { tls, insecure } = form;
  if (typeof tls === 'string') return tls;
  if (tls !== undefined) return tls.mode ?? 'verify';
  return insecure === true || serversOf(form).every(isLoopback) ? 'none' : 'verify';
}

/** `database` with everything the file left out. */
export function completeDatabase(form: DatabaseForm, root: string): Environment['database'] {
  const { tls, ...rest } = form;
  const { mode: _, ...files } = typeof tls === 'object' ? tls : { mode: undefined };
  return { ...rest, tls: { ...absolute(files, root), mode: modeOf(form) } };
}

/** What the schema cannot say about `database` and the worker's way to it. `at` leads to the environment. */
export function checkDatabase(
  file: YamlFile,
  at: Path,
  { database, worker, root }: { readonly database: DatabaseForm; readonly worker: WorkerForm; readonly root: string },
): Problem[] {
  const { insecure, tls } = database;
  const [outside] = serversOf(database).filter((server) => !isLoopback(server));
  const change = 'write `tls: verify`';
  const way = { block: 'database', secret: 'password', insecure, change };
  const own =
    outside === undefined || tls === undefined
      ? []
      : clearTextProblem(file, [...at, 'database', 'tls'], {
          ...way,
          address: outside,
          isEncrypted: modeOf(database) !== 'none',
        });
  return [...own, ...checkWorkerUrl(file, at, worker, way), ...checkEmbedded(file, at, worker, root)];
}

type WorkerForm = Partial<Pick<Environment['worker'], 'databaseUrl' | 'databaseTls'>>;

function checkWorkerUrl(
  file: YamlFile,
  at: Path,
  { databaseUrl, databaseTls }: WorkerForm,
  way: Omit<Parameters<typeof clearTextProblem>[2], 'address' | 'isEncrypted'>,
): Problem[] {
  if (databaseUrl === undefined) return [];
  const place = [...at, 'worker', 'databaseUrl'];
  if (databaseTls !== undefined) {
    const message =
      'worker.databaseTls is for a URL that comes from `database`: write it into worker.databaseUrl as parameters, or leave one out';
    return [file.problemAtKey([...at, 'worker', 'databaseTls'], message)];
  }
  const [, servers = '', parameters = ''] = /^jdbc:postgresql:\/\/([^/]*)\/[^?]*\??(.*)$/.exec(databaseUrl) ?? [];
  const isEncrypted = /(?:^|&)sslmode=(?:require|verify-ca|verify-full)(?:&|$)/.test(parameters);
  const outside = servers.split(',').find((server) => !isLoopback(server));
  if (outside === undefined) return [];
  const change = 'add sslmode=verify-full to the URL';
  return clearTextProblem(file, place, { ...way, change, address: outside, isEncrypted });
}

function checkEmbedded(file: YamlFile, at: Path, { databaseTls }: WorkerForm, root: string): Problem[] {
  const { embeddedCa, ca } = databaseTls ?? {};
  if (embeddedCa === undefined) return [];
  const place = [...at, 'worker', 'databaseTls', 'embeddedCa'];
  if (ca !== undefined)
    return [file.problemAt(place, 'worker.databaseTls names its authority by "ca" or by "embeddedCa", not both')];
  try {
    const text = readFileSync(resolve(root, embeddedCa), 'utf8');
    if (text.split('-----BEGIN CERTIFICATE-----').length !== 2) {
      return [
        file.problemAt(place, `${embeddedCa} must hold one certificate, which is all that the driver takes there`),
      ];
    }
    new X509Certificate(text);
    return [];
  } catch (error) {
    const { code = 'no certificate' } = error as NodeJS.ErrnoException;
    return [file.problemAt(place, `${embeddedCa} cannot be used (${code}): it must be a PEM file of the project`)];
  }
}

/**
 * The driver's parameters for a mode. Without a file of the worker's own the JVM's authorities vouch for the server; the driver's default would be
 * a file in the home of whoever runs the worker.
 */
function tlsParameters(
  { mode }: PostgresTls,
  tls: WorkerDatabaseTls,
  root: string,
): Record<string, string | undefined> {
  if (mode === 'none') return {};
  const { ca, certificate, key, embeddedCa } = tls;
  const own = { sslrootcert: ca, sslcert: certificate, sslkey: key };
  if (mode === 'require') return { sslmode: 'require', ...own };
  if (embeddedCa !== undefined) {
    const sslfactoryarg = new X509Certificate(readFileSync(resolve(root, embeddedCa))).toString();
    return { sslmode: 'verify-full', sslfactory: 'org.postgresql.ssl.SingleCertValidatingFactory', sslfactoryarg };
  }
  const sslfactory = ca === undefined ? 'org.postgresql.ssl.DefaultJavaSSLFactory' : undefined;
  return { sslmode: 'verify-full', ...own, sslfactory };
}

/** The JDBC URL of a database. Of several servers the driver takes the first that is no standby, as our own client does. */
export function jdbcUrl(database: DatabaseForm, tls: WorkerDatabaseTls, root: string): string {
  const { standbys = [], name } = database;
  const parameters = Object.entries({
    ...tlsParameters({ mode: modeOf(database) }, tls, root),
    targetServerType: standbys.length === 0 ? undefined : 'primary',
  }).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`]));
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  return `jdbc:postgresql://${serversOf(database).join(',')}/${encodeURIComponent(name)}${query}`;
}
