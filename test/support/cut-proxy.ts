import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Passes TCP on, and breaks off what it passes when it is told to. */
export interface CutProxy {
  readonly port: number;
  /** Breaks every connection off, as a network does: without a word. New ones are taken. */
  cut(): void;
  close(): void;
}

export async function startCutProxy(targetPort: number, port = 0): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close() {
      cut();
      server.close();
    },
  };
}
