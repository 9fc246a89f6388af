import { ConnectError } from '../../core/errors.ts';
import type { MskConnect } from '../../pipeline/msk-connect.ts';
import type { Wait } from '../wait/wait.ts';
import type { MskApi, MskPlugin, Revision } from './api.ts';
import { type BuiltPlugin, readBuiltPlugin } from './built-plugin.ts';
import type { DesiredWorkerConfiguration } from './desired.ts';
import { note, waitUntilMade } from './follow.ts';

/** The plugin of a sink: one that is there, or a ZIP that becomes one under a name made from its contents. */
export type WantedPlugin =
  | { readonly kind: 'existing'; readonly name: string; readonly revision: Revision }
  | {
      readonly kind: 'built';
      readonly name: string;
      readonly built: BuiltPlugin;
      readonly bucket: string;
      readonly key: string;
    };

const HASH_DIGITS = 12;

/** The plugin that a ZIP becomes: the same bytes are the same plugin, which MSK Connect could not change anyway. */
export function builtPlugin(
  built: BuiltPlugin,
  { bucket, prefix = '' }: { bucket: string; prefix?: string },
): WantedPlugin {
  const name = `perps-connect-${built.sha256.slice(0, HASH_DIGITS)}`;
  return { kind: 'built', name, built, bucket, key: `${prefix}perps-connect-${built.sha256}.zip` };
}

/** The service, and what everything created there carries. */
export interface ResourceOwner {
  readonly api: MskApi;
  readonly connect: Pick<MskConnect, 'role' | 'tags'>;
}

/** The plugin's revision; uploaded and created first when it is new. Errors: REFUSED when the service refuses it, CORRUPT when it has other bytes. */
export async function ensurePlugin(
  { api, connect }: ResourceOwner,
  wanted: WantedPlugin,
  wait: Wait,
): Promise<Revision> {
  if (wanted.kind === 'existing') return wanted.revision;
  const { name, built, bucket, key } = wanted;
  if ((await api.findPlugin(name)) === undefined) {
    note(wait, `uploading ${Math.ceil(built.size / 1e6)} MB to s3://${bucket}/${key}`);
    const objectVersion = await api.upload({ bytes: await unchangedBytes(built), bucket, key });
    const partition = connect.role.split(':')[1] ?? 'aws';
    const plugin = {
      name,
      bucketArn: `arn:${partition}:s3:::${bucket}`,
      key,
      objectVersion,
      tags: connect.tags,
    };
    await unlessThere(() => api.createPlugin(plugin));
    note(wait, `plugin ${name} created`);
  }
  const plugin = await waitUntilMade(`plugin ${name} to be ACTIVE`, wait, async () => {
    const found = await api.findPlugin(name);
    if (found !== undefined && /FAILED|DELETING/.test(found.state)) throw notMade(found, api.label);
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
  const now = await readBuiltPlugin(path, 'connect plugin build');
  if (now.sha256 === sha256) return now.bytes;
  throw new ConnectError('UNSAFE', `the plugin ${path} was built anew since the plan; nothing of it was deployed`, {
    details: { plugin: path, planned: sha256, now: now.sha256 },
    hint: 'plan again, review it, and deploy that',
  });
}

/** The worker configuration's revision; created first when it is new. */
export async function ensureWorkerConfiguration(
  { api, connect }: ResourceOwner,
  wanted: DesiredWorkerConfiguration,
  wait: Wait,
): Promise<Revision> {
  if ((await api.findWorkerConfiguration(wanted.name)) === undefined) {
    await unlessThere(() => api.createWorkerConfiguration(wanted, connect.tags));
    note(wait, `worker configuration ${wanted.name} created`);
  }
  const { arn, revision } = await waitUntilMade(`worker configuration ${wanted.name}`, wait, () =>
    api.findWorkerConfiguration(wanted.name),
  );
  return { arn, revision };
}

/** Of a create whose answer was lost, the second try is refused because the first one worked. */
export async function unlessThere(create: () => Promise<void>): Promise<'created' | 'there'> {
  try {
    await create();
    return 'created';
  } catch (error) {
    if (error instanceof ConnectError && error.details.status === 409) return 'there';
    throw error;
  }
}

function notMade({ name, state, reason }: MskPlugin, label: string): ConnectError {
  const why = reason === undefined ? '' : `: ${reason.code} ${reason.message}`;
  return new ConnectError('REFUSED', `plugin ${name} is ${state} on ${label}${why}`, {
    details: { plugin: name, state, reason },
    hint: 'delete it on MSK Connect, then deploy again; the role that deploys needs s3:GetObject on the bucket',
  });
}
