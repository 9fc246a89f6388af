import { createRestHost } from '../../../connectors/rest/host.ts';
import { createSinkFixture } from '../../support/sink-fixture.ts';
import { sinkHostContract } from '../../support/sink-host.contract.ts';

sinkHostContract('a real worker', async () => {
  const { test, stream, config, api, groups, produce } = await createSinkFixture('host');
  await produce(20);
  return {
    host: createRestHost(api, groups),
    groups,
    stream,
    config,
    broken: { 'connection.password': 'hunter2-plain' },
    wait: { timeoutMs: 60_000, settleMs: 1_500, restarts: 0 },
    async changeByHand(name, key, value) {
      await api.putConfig(name, { ...(await api.config(name)), [key]: value });
    },
    async close() {
      for (const name of await api.list()) if (name.startsWith(stream.sink.name)) await api.remove(name);
      await test.remove();
    },
  };
});
