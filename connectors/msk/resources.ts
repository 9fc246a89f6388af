import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConnectError } from '../../core/errors.ts';
import type { MskPlugin, Revision } from './api.ts';
import type { BuiltPlugin, MskDeployment, WantedPlugin } from './deployment.ts';
import { shortHash } from './desired.ts';
import { note, waitUntilMade } from './follow.ts';
import { isFailed } from './plan.ts';

/** The plugin that a ZIP becomes: the same bytes are the same plugin, which MSK Connect could not change anyway. Errors: as `readZip`. */
export async function builtPlugin(
  path: string,
  buildCommand: string,
  { bucket, prefix = '' }: { bucket: string; prefix?: string },
): Promise<WantedPlugin> {
  const { bytes: _bytes, ...built } = await readZip(path, buildCommand);
  const { sha256 } = built;
  const name = `perps-connect-${shortHash(sha256)}`;
  return { kind: 'built', name, built, bucket, key: `${prefix}perps-connect-${sha256}.zip` };
}

/** Reads a ZIP and its identity. Errors: USAGE when it is not there, with `buildCommand` as what to do. */
async function readZip(path: string, buildCommand: string): Promise<BuiltPlugin & { readonly bytes: Buffer }> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new ConnectError('USAGE', `the plugin ${path} cannot be read (${error.code ?? String(error)})`, {
      cause: error,
      hint: `run \`${buildCommand}\` first`,
    });
  });
  return { path, sha256: hash('sha256', bytes), md5: hash('md5', bytes), size: bytes.length, bytes };
}

/**
 * The plugin's revision; uploaded and created first when it is new, and anew when the service could not read it before.
 * Errors: REFUSED when the service refuses it, CORRUPT when it has other bytes.
 */
export async function ensurePlugin(deployment: MskDeployment): Promise<Revision> {
  const { plugin: wanted } = deployment;
  if (wanted.kind === 'existing') return wanted.revision;
  const known = making.get(wanted) ?? makePlugin(deployment, wanted);
  making.set(wanted, known);
  known.catch(() => making.delete(wanted));
  return known;
}

type ZipPlugin = Extract<WantedPlugin, { kind: 'built' }>;

/** Sinks that are deployed at once need one plugin, which is made once. */
const making = new WeakMap<ZipPlugin, Promise<Revision>>();

async function makePlugin(
  { api, connect, wait }: MskDeployment,
  { name, built, bucket, key }: ZipPlugin,
): Promise<Revision> {
  const there = await api.findPlugin(name);
  if (there !== undefined && isFailed(there)) {
    await api.removePlugin(there);
    note(wait, `plugin ${name} was ${there.state}, and is deleted`);
    await waitUntilMade(`plugin ${name} to be gone`, wait, async (signal) =>
      (await api.within({ signal }).findPlugin(name)) === undefined ? true : undefined,
    );
  }
  if (there === undefined || isFailed(there)) {
    const uploading = api.within({ signal: wait.signal, timeoutMs: wait.timeoutMs });
    const onUpload = () => note(wait, `uploading ${Math.ceil(built.size / 1e6)} MB to s3://${bucket}/${key}`);
    const bytes = await unchangedBytes(built);
    const objectVersion = await uploading.upload({ bytes, sha256: built.sha256, bucket, key, onUpload });
    const partition = connect.role.split(':')[1] ?? 'aws';
    const bucketArn = `arn:${partition}:s3:::${bucket}`;
    await unlessThere(api.createPlugin({ name, bucketArn, key, objectVersion, tags: connect.tags }));
    note(wait, `plugin ${name} created`);
  }
  const plugin = await waitUntilMade(`plugin ${name} to be ACTIVE`, wait, async (signal) => {
    const found = await api.within({ signal }).findPlugin(name);
    if (found !== undefined && (isFailed(found) || found.state === 'DELETING')) throw notMade(found, api.label);
    return found?.state === 'ACTIVE' ? found : undefined;
  });
  if (plugin.md5 !== undefined && plugin.md5 !== built.md5) {
    throw new ConnectError('CORRUPT', `plugin ${name} on ${api.label} has other bytes than ${built.path}`, {
      details: { plugin: name, md5: plugin.md5, expected: built.md5 },
      hint: 'delete that plugin and the object in the bucket, then deploy again',
    });
  }
  return { arn: plugin.arn, revision: plugin.revision };
}

/** The ZIP's bytes. Errors: UNSAFE when it was built anew since the plan: nobody has agreed to what it is now. */
async function unchangedBytes({ path, sha256 }: BuiltPlugin): Promise<Buffer> {
  const now = await readZip(path, 'connect plugin build');
  if (now.sha256 === sha256) return now.bytes;
  throw new ConnectError('UNSAFE', `the plugin ${path} was built anew since the plan; nothing of it was deployed`, {
    details: { plugin: path, planned: sha256, now: now.sha256 },
    hint: 'plan again, review it, and deploy that',
  });
}

/** The worker configuration's revision; created first when it is new. */
export async function ensureWorkerConfiguration({ api, connect, desired, wait }: MskDeployment): Promise<Revision> {
  const { workerConfiguration: wanted } = desired;
  if ((await api.findWorkerConfiguration(wanted.name)) === undefined) {
    await unlessThere(api.createWorkerConfiguration(wanted, connect.tags));
    note(wait, `worker configuration ${wanted.name} created`);
  }
  const { arn, revision } = await waitUntilMade(`worker configuration ${wanted.name}`, wait, (signal) =>
    api.within({ signal }).findWorkerConfiguration(wanted.name),
  );
  return { arn, revision };
}

/** Of a create whose answer was lost, the second try is refused because the first one worked. */
export const unlessThere = (created: Promise<void>): Promise<void> =>
  created.catch((error: unknown) => {
    if (!(error instanceof ConnectError) || error.details.status !== 409) throw error;
  });

function notMade({ name, state, reason }: MskPlugin, label: string): ConnectError {
  const why = reason === undefined ? '' : `: ${reason.code} ${reason.message}`;
  return new ConnectError('REFUSED', `plugin ${name} is ${state} on ${label}${why}`, {
    details: { plugin: name, state, reason },
    hint: 'the role that deploys needs s3:GetObject on the bucket; the next deploy deletes the failed plugin and creates it again',
  });
}
