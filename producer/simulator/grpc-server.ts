import {
  logVerbosity,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ConnectError } from '../../core/errors.ts';
import { PipelinedCall } from './pipelined-call.ts';

interface ServedService {
  readonly definition: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

/** How long calls may take to end by themselves when the server closes. */
const GRACE_MS = 500;

/** Serves on `host:port` without TLS; port 0 takes a free one. Errors: ENVIRONMENT when it cannot listen there. */
export async function listen(host: string, port: number, services: readonly ServedService[]) {
  // The library prints its errors and returns them as well. We report what it returns.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    // Only streams carry messages that are bytes already, and only they need the pipelining.
    interceptors: [
      (method, call) => (method.responseStream ? new PipelinedCall(call) : new ServerInterceptingCall(call)),
    ],
    'grpc.max_send_message_length': -1,
  });
  for (const { definition, handlers } of services) server.addService(definition, handlers);
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, boundPort) =>
      error === null ? resolve(boundPort) : reject(cannotListen(address, port, error)),
    );
  });
  return { port: bound, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}

function cannotListen(address: string, port: number, error: Error): ConnectError {
  const isTaken = error.message.includes('EADDRINUSE');
  const why = isTaken ? `port ${port} is taken` : error.message;
  return new ConnectError('ENVIRONMENT', `the feed cannot listen on ${address}: ${why}`, {
    cause: error,
    details: { address, port },
    hint: isTaken
      ? 'choose another port (--port, or CONNECT_PORT_FEED for the local environment) or stop what listens there'
      : 'choose an address of this machine and a port this user may open',
  });
}
