// Holds the adapter to what the producer relies on, on a feed that runs.
import { createRuntime, openEnvironment, openProject, testFeed } from 'perps-connect';
import open from './feeds/banks.mjs';

const runtime = createRuntime({ folder: process.cwd(), env: process.env, signal: new AbortController().signal });
const { environment } = openEnvironment(openProject(runtime), process.env.ENVIRONMENT, runtime);
const { address } = environment.feed;
const context = { stream: 'margin_accounts', options: {}, connection: { address, tls: false }, logger: console };
const findings = await testFeed({ open: () => open(context), position: { kind: 'slot', field: 'slot' }, updates: 500 });
for (const { promise } of findings) console.log(`✓ ${promise}`);
