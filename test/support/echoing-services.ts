import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/**
 * Servers that do the worst a server can do with a secret: each refuses what it is asked and repeats, in many forms,
 * the credentials it was given and every secret it was told of.
 */
export interface EchoingServices {
  readonly httpPort: number;
  readonly postgresPort: number;
  readonly kafkaPort: number;
  close(): Promise<void>;
}

/** A secret in the forms that texts carry it in. */
export function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const base64 = Buffer.from(secret).toString('base64');
  return [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams({ a: secret }).toString().slice(2),
    json,
    JSON.stringify(json).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    base64,
    Buffer.from(secret).toString('base64url'),
    Buffer.from(`perps:${secret}`).toString('base64'),
    secret.replaceAll("'", "''"),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('hex').toUpperCase(),
  ];
}

/** Starts them on free ports of the loopback interface. `told`: secrets they repeat whoever asks. */
export async function startEchoingServices(told: readonly string[]): Promise<EchoingServices> {
  const text = told.flatMap((secret) => formsOf(secret).map((form) => `it says "${form}" there`)).join('\n\tat ');
  const http = createHttpServer((request, reply) => {
    const { status, body } = answer(request, text);
    reply.writeHead(status, { 'Content-Type': 'application/json' });
    reply.end(JSON.stringify(body));
  });
  const postgres = createServer((socket) => playPostgres(socket, text));
  const kafka = createServer((socket) => playKafka(socket, text));
  const ports = await Promise.all([http, postgres, kafka].map(listen));
  const sockets = new Set<Socket>();
  for (const server of [postgres, kafka]) server.on('connection', (socket) => sockets.add(socket));
  const [httpPort = 0, postgresPort = 0, kafkaPort = 0] = ports;
  return {
    httpPort,
    postgresPort,
    kafkaPort,
    async close() {
      http.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await Promise.all([http, postgres, kafka].map((server) => new Promise((done) => server.close(done))));
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Registry and worker in one: a deployed sink with literal secrets that has failed, and a refusal for all the rest. */
function answer({ method, url = '', headers }: IncomingMessage, text: string): { status: number; body: unknown } {
  const login = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
  const trace = `org.apache.kafka.connect.errors.ConnectException: ${text}\n\tat login ${login}\nCaused by: java.sql.SQLException: ${text}`;
  if (method === 'GET' && /^\/connectors\/[^/]+\/status$/.test(url)) {
    const failed = { state: 'FAILED', worker_id: '127.0.0.1:1', trace };
    return { status: 200, body: { name: 'x', connector: failed, tasks: [{ id: 0, ...failed }] } };
  }
  const config = {
    name: 'x',
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'connection.url': `jdbc:postgresql://db/perps?user=perps&password=${login}`,
    'connection.password': text,
    'value.converter.apicurio.registry.request.ssl.keystore.password': text,
    'consumer.override.ssl.keystore.key': text,
    'some.words': text,
  };
  if (method === 'GET' && /^\/connectors\/[^/]+\/config$/.test(url)) return { status: 200, body: config };
  if (method === 'GET' && /^\/connectors\/[^/]+$/.test(url)) {
    return { status: 200, body: { name: 'x', type: 'sink', config, tasks: [{ connector: 'x', task: 0 }] } };
  }
  if (method === 'GET' && /^\/connectors\/[^/]+\/tasks$/.test(url)) {
    return { status: 200, body: [{ id: { connector: 'x', task: 0 }, config }] };
  }
  return { status: 500, body: { error_code: 50001, message: `${text} ${headers.authorization} ${login}` } };
}

/** Asks for the password in clear text and refuses it by its name. */
function playPostgres(socket: Socket, text: string): void {
  socket.on('error', () => {});
  let asked = false;
  socket.on('data', (bytes) => {
    if (!asked) {
      asked = true;
      socket.write(Buffer.from([82, 0, 0, 0, 8, 0, 0, 0, 3]));
      return;
    }
    const fields = Buffer.from(
      `SFATAL\0C28P01\0M${text} ${bytes.subarray(5).toString().replaceAll('\0', '')}\0D${text}\0\0`,
    );
    const length = Buffer.alloc(4);
    length.writeInt32BE(fields.length + 4);
    socket.end(Buffer.concat([Buffer.from('E'), length, fields]));
  });
}

const API_VERSIONS = 18;
const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;

/** Speaks Kafka as far as the login, which it refuses by its words. */
function playKafka(socket: Socket, text: string): void {
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    const apiKey = bytes.readInt16BE(4);
    const version = bytes.readInt16BE(6);
    const body = kafkaReply(apiKey, version, `${text} ${bytes.toString('utf8')}`);
    const head = Buffer.alloc(8);
    head.writeInt32BE(body.length + 4);
    head.writeInt32BE(bytes.readInt32BE(8), 4);
    socket.write(Buffer.concat([head, body]));
  });
}

function kafkaReply(apiKey: number, version: number, words: string): Buffer {
  const int16 = (value: number) => Buffer.from([(value >> 8) & 255, value & 255]);
  const int32 = (value: number) => Buffer.from([value >> 24, value >> 16, value >> 8, value].map((byte) => byte & 255));
  if (apiKey === API_VERSIONS) {
    const supported = [
      [API_VERSIONS, 0, 2],
      [SASL_HANDSHAKE, 0, 1],
      [SASL_AUTHENTICATE, 0, 0],
      [3, 0, 5],
    ];
    const list = supported.flatMap((one) => one.map(int16));
    return Buffer.concat([int16(0), int32(supported.length), ...list, ...(version >= 1 ? [int32(0)] : [])]);
  }
  if (apiKey === SASL_HANDSHAKE) return Buffer.concat([int16(0), int32(1), int16(5), Buffer.from('PLAIN')]);
  const message = Buffer.from(words).subarray(0, 30_000);
  return Buffer.concat([int16(58), int16(message.length), message, int32(0)]);
}
