import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createMskHost } from '../../../connectors/msk/host.ts';
import { createMskApi } from '../../../connectors/msk/sdk/connect-api.ts';
import { renderSink } from '../../../connectors/render/render-sink.ts';
import { inMemoryGroups, numberedMembers } from '../../support/in-memory-groups.ts';
import { inMemoryStoppedSinks } from '../../support/in-memory-stopped-sinks.ts';
import { inMemoryWorker } from '../../support/in-memory-worker.ts';
import { startFakeMsk } from '../../support/msk/fake-msk.ts';
import { mskConnect } from '../../support/msk/msk-sink.ts';
import { staging, positions as stream } from '../../support/positions-stream.ts';
import { scratchFolderOfFile } from '../../support/scratch.ts';
import { type HostUnderTest, sinkHostContract } from '../../support/sink-host.contract.ts';

const folder = scratchFolderOfFile();
const NOWHERE = { 'collection.name.format': 'public.nowhere' };
const config = renderSink(stream, staging, [{ name: 'position_account' }, { name: 'slot' }]);

sinkHostContract('in memory', async (): Promise<HostUnderTest> => {
  const { host, groups, connectors, failWith } = inMemoryWorker([10n]);
  failWith('collection.name.format', 'public.nowhere');
  return {
    host,
    groups,
    stream,
    config,
    broken: NOWHERE,
    wait: { timeoutMs: 5_000, settleMs: 0, pollMs: 1, restarts: 0 },
    async changeByHand(name, key, value) {
      const connector = connectors.get(name);
      if (connector !== undefined) connector.config = { ...connector.config, [key]: value };
    },
  };
});

sinkHostContract('MSK Connect', async (): Promise<HostUnderTest> => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test');
  const fake = await startFakeMsk();
  const connect = mskConnect(fake.url);
  const pluginFile = join(folder, 'plugin.zip');
  writeFileSync(pluginFile, 'zip');
  const groups = inMemoryGroups([10n]);
  // Tasks that run are members; under a broken configuration none does.
  groups.setMembers((name) => {
    const { state, settings, operations = [] } = fake.connectors.get(name) ?? {};
    const { 'collection.name.format': table, 'tasks.max': tasks } = settings?.connectorConfiguration ?? {};
    const number = state === 'RUNNING' && table !== 'public.nowhere' ? Number(tasks) : 0;
    return new Set([...numberedMembers(number)].map((member) => `${member}-${operations.length}`));
  });
  return {
    host: createMskHost({
      api: createMskApi(connect),
      connect,
      pluginFile,
      buildCommand: 'connect plugin build',
      groups,
      stopped: inMemoryStoppedSinks(),
      scrub: (text) => text,
      pollMs: 5,
    }),
    groups,
    stream,
    config,
    broken: NOWHERE,
    wait: { timeoutMs: 1_500, settleMs: 0 },
    async changeByHand(name, key, value) {
      const connector = fake.connectors.get(name);
      if (connector === undefined) return;
      const { connectorConfiguration } = connector.settings;
      connector.settings = {
        ...connector.settings,
        connectorConfiguration: { ...connectorConfiguration, [key]: value },
      };
    },
    async close() {
      vi.unstubAllEnvs();
      await fake.close();
    },
  };
});
