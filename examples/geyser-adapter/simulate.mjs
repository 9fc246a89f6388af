// A feed of banks to try the adapter on. What must arrive is written to `oracle/margin_accounts.ndjson`.
import { createRuntime, openEnvironment, openProject, startBankSimulator } from 'perps-connect';

const runtime = createRuntime({ folder: process.cwd(), env: process.env, signal: new AbortController().signal });
const { environment } = openEnvironment(openProject(runtime), process.env.ENVIRONMENT, runtime);
const simulator = await startBankSimulator({
  port: Number(environment.feed.address.split(':').at(-1)),
  seed: 1,
  updates: 5_000,
  oraclePath: 'oracle/margin_accounts.ndjson',
});
const { address, updates, abandoned } = simulator;
console.log(`serving banks at ${address}: ${updates} updates become final, ${abandoned} do not`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => simulator.close());
