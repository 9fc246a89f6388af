/** Names and ports of the parts inside the network of docker-compose.yml; `host` is the loopback port outside of it. */
export const PLACES = {
  kafka: { port: 9092, host: 19492 },
  registry: { port: 8080, host: 19481 },
  postgres: { port: 5432, host: 19432 },
  connect: { port: 8083, host: 19483 },
} as const;

/** Ports of remote JMX and of what is scraped, inside the network alone. */
export const JMX_PORT = 9999;
export const METRICS_PORT = 9404;

/** Folder of this package's files in the image of the worker. */
export const IMAGE_FOLDER = '/opt/perps-connect';
