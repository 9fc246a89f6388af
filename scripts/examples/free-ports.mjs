import { once } from 'node:events';
import { createServer } from 'node:net';

const PARTS = ['KAFKA', 'REGISTRY', 'POSTGRES', 'CONNECT', 'FEED'];

/** Ports that nobody listens on, as the variables that a local stack takes them by. */
export async function freePorts() {
  const servers = PARTS.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return Object.fromEntries(PARTS.map((part, index) => [`CONNECT_PORT_${part}`, String(ports[index])]));
}
