// A service of your own that publishes the feeds itself, and serves how far it is: GET / answers with the numbers of each stream.
import { createServer } from 'node:http';
import { createRuntime, openEnvironment, openProject, runStream } from 'perps-connect';

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
  console.log(`listening on ${server.address().port}`),
);

try {
  await Promise.all(
    session.streams.map((stream) =>
      runStream(session, stream, { onProgress: (stats) => progress.set(stream.name, stats) }),
    ),
  );
} catch (error) {
  // `message` says what failed on what, `hint` what to do next.
  console.error(error.message, error.hint ?? '');
  process.exitCode = 1;
} finally {
  // The other streams end in good order: what they have read is published, and their checkpoints are written.
  stop.abort();
  server.close();
}
