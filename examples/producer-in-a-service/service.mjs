// A service of your own that publishes the feeds itself, and serves how far it is: GET / answers with the numbers of each stream.
import { createServer } from 'node:http';
import { createRuntime, openEnvironment, openProject, produce } from 'perps-connect';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

const runtime = createRuntime({ folder: process.cwd(), env: process.env, signal: stop.signal });
const session = openEnvironment(openProject(runtime), process.env.ENVIRONMENT, runtime);

const progress = new Map();
const asText = (_key, value) => (typeof value === 'bigint' ? value.toString() : value);
const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(Object.fromEntries(progress), asText));
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`),
);

try {
  // All streams that have a feed, side by side. Ended by a signal, it publishes what it has read and writes its checkpoints.
  await produce(session, { onProgress: (stats) => progress.set(stats.stream, stats) });
} catch (error) {
  // `message` says what failed on what, `hint` what to do next.
  console.error(error.message, error.hint ?? '');
  process.exitCode = 1;
} finally {
  server.close();
}
