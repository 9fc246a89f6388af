import { type DestinationStream, destination, pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Structured logging: one JSON object a line, on stderr unless a destination is given. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger on stderr, so that stdout stays for data. Times are UTC. */
export function createLogger(options: { level?: LogLevel; stream?: DestinationStream } = {}): Logger {
  return pino(
    { level: options.level ?? 'info', base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    options.stream ?? destination({ fd: 2, sync: true }),
  );
}

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
