import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { requireFeed } from '../../pipeline/feed.ts';
import { projectFile } from '../../pipeline/load.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { BenchStack } from '../stack.ts';
import type { Workload } from '../workload.ts';
import type { FeedMessage, FeedSettings } from './feed.ts';
import type { OurProducerSettings } from './our-producer.ts';
import { type PeerResult, runPeer } from './peer-process.ts';

export interface FeedProcess {
  /** `host:port`. */
  readonly address: string;
  /** When each update went out, in the workload's order: milliseconds since the epoch. Resolves once all are sent. */
  readonly times: Promise<Float64Array>;
  close(): Promise<void>;
}

/** A feed of this workload for a stream, `ratePerSecond` updates a second; left out: as fast as they are read. */
export async function startFeed(
  { project }: BenchStack,
  stream: StreamDefinition,
  workload: Workload,
  ratePerSecond?: number,
): Promise<FeedProcess> {
  const feed = requireFeed(stream);
  const child = fork(join(import.meta.dirname, 'feed.js'), [], { execArgv: [], serialization: 'advanced' });
  const listening = new Promise<string>((resolve, reject) => {
    child.on('message', (message: FeedMessage) => message.kind === 'listening' && resolve(message.address));
    child.once('exit', () => reject(new Error('the feed ended before it listened')));
  });
  const times = new Promise<Float64Array>((resolve) => {
    child.on('message', (message: FeedMessage) => message.kind === 'sent' && resolve(message.times));
  });
  child.send({
    workload,
    protoPath: projectFile(project, feed.proto),
    service: feed.service,
    method: feed.method,
    schemaPath: projectFile(project, stream.schema),
    ratePerSecond,
  } satisfies FeedSettings);
  return {
    address: await listening,
    times,
    async close() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

/** Reads a feed to its end by this package's producer. */
export function produceFrom(
  { address }: FeedProcess,
  { project, kafka, environment }: BenchStack,
  stream: StreamDefinition,
): Promise<PeerResult> {
  const settings = { stream, root: project.root, kafka, registryUrl: environment.registry.url, feed: address };
  return runPeer<OurProducerSettings>('our-producer', settings);
}
