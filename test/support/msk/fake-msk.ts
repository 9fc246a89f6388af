import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFakeConnectors, type FakeConnector, type Faults, type Workers } from './fake-connectors.ts';
import { answerLogs, createFakeLogs, type FakeLogs } from './fake-logs.ts';
import { createFakeResources, type FakeResources } from './fake-resources.ts';
import { checkTags, Refusal, refuse } from './fake-rules.ts';
import { createFakeTopics, type FakeTopics, isTopicPath } from './fake-topics.ts';
import { type IamRequest, kafkaConnectRequests, logsRequests, s3Requests, topicRequests } from './iam-requests.ts';
import { type Json, placesOf, type SdkOperation, sdkOperations, sdkProblems, topicOperations } from './sdk-contract.ts';

export const REGION = 'eu-central-1';
const ACCOUNT = '123456789012';

export interface FakeMsk {
  /** Address of all its services: MSK Connect, MSK, S3 and CloudWatch Logs. */
  readonly url: string;
  readonly connectors: Map<string, FakeConnector>;
  readonly resources: FakeResources;
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly logs: FakeLogs;
  readonly topics: FakeTopics;
  readonly faults: Faults & TransportFaults;
  /** Name of every operation that was asked for, S3's as `PUT key`. */
  readonly calls: string[];
  /** What each call asked of IAM. */
  readonly requests: IamRequest[];
  close(): Promise<void>;
}

/** Faults of the way there and back. */
export interface TransportFaults {
  /** These answers come first, instead of doing anything. */
  answers: { operation: string; status: 403 | 429 | 500 | 503; times: number; message?: string; type?: string }[];
  /** Operations that are never answered, nor done. */
  silent?: RegExp | undefined;
  /** The next call of this operation is done, but its answer is lost. */
  loseAnswer?: string;
  /** Items on a page of a list. */
  pageSize: number;
  /** S3 answers this, instead of doing anything. */
  s3?: { method: 'HEAD' | 'PUT' | 'DELETE'; status: number; headers?: Record<string, string>; body?: string };
}

export interface FakeMskOptions {
  /** Real workers; without them every connector runs at once. */
  readonly workers?: (resources: FakeResources) => Workers;
  /** What GetBootstrapBrokers tells. */
  readonly brokers?: Readonly<Record<string, string>>;
}

/**
 * MSK Connect, with the parts of MSK, S3 and CloudWatch Logs that a deploy needs, in memory. Routes, members and types are those of the SDK's own
 * schemas, in requests and in its own answers; what no schema holds is in fake-rules.ts.
 */
export async function startFakeMsk(options: FakeMskOptions = {}): Promise<FakeMsk> {
  const arn = (kind: string, name: string) =>
    `arn:aws:kafkaconnect:${REGION}:${ACCOUNT}:${kind}/${name}/${randomUUID()}-2`;
  const objects = new Map<string, Buffer>();
  const topics = createFakeTopics();
  const checksums = new Map<string, string | undefined>();
  const resources = createFakeResources(arn, (bucket, key) => objects.get(`${bucket}/${key}`));
  const {
    connectors,
    faults: behaviour,
    handlers,
  } = createFakeConnectors(arn, resources, options.workers?.(resources));
  const faults: Faults & TransportFaults = Object.assign(behaviour, { answers: [], pageSize: 100 });
  const calls: string[] = [];
  const requests: IamRequest[] = [];
  const logs = createFakeLogs();
  const tagsOf = (resourceArn: string): Record<string, string> => {
    const connector = [...connectors.values()].find((one) => one.arn === resourceArn);
    const tags = connector?.tags ?? resources.tags.get(resourceArn);
    if (tags === undefined) throw refuse.missing(resourceArn);
    return tags;
  };
  const all: Record<string, (input: Json) => Json> = {
    ...resources.handlers,
    ...handlers,
    TagResource({ resourceArn, tags }: Json) {
      checkTags(tags);
      Object.assign(tagsOf(resourceArn), tags);
      return {};
    },
    ListTagsForResource: ({ resourceArn }: Json) => ({ tags: tagsOf(resourceArn) }),
  };

  function mskConnect(message: IncomingMessage, reply: ServerResponse, body: Buffer): void {
    const { operation, input } = route(message, body, sdkOperations);
    calls.push(operation.name);
    requests.push(...kafkaConnectRequests(REGION, operation.name, input));
    const fault = faults.answers.find((one) => one.operation === operation.name && one.times > 0);
    if (fault !== undefined) {
      fault.times -= 1;
      const type = {
        403: 'ForbiddenException',
        429: 'TooManyRequestsException',
        500: 'InternalServerErrorException',
        503: 'ServiceUnavailableException',
      };
      throw new Refusal(fault.status, fault.type ?? type[fault.status], fault.message ?? 'not now');
    }
    if (faults.silent?.test(operation.name)) return;
    const problems = sdkProblems(operation.input, input);
    if (problems.length > 0) throw refuse.invalid(problems.join('; '));
    const handler = all[operation.name];
    if (handler === undefined) throw new Error(`the fake does not know ${operation.name}`);
    const answer = paged(handler(input), input, faults.pageSize);
    const wrong = sdkProblems(operation.output, answer);
    if (wrong.length > 0) throw new Error(`the fake's answer to ${operation.name}: ${wrong.join('; ')}`);
    if (faults.loseAnswer === operation.name) {
      delete faults.loseAnswer;
      message.socket.destroy();
      return;
    }
    send(reply, 200, answer);
  }

  function mskTopics(message: IncomingMessage, reply: ServerResponse, body: Buffer): void {
    const { operation, input } = route(message, body, topicOperations);
    calls.push(operation.name);
    requests.push(...topicRequests(operation.name, input));
    send(reply, 200, topics.answer(operation, input));
  }

  function s3(message: IncomingMessage, reply: ServerResponse, body: Buffer): void {
    const key = decodeURIComponent(new URL(message.url ?? '', 'http://fake').pathname.slice(1));
    calls.push(`${message.method} ${key}`);
    requests.push(...s3Requests(message.method ?? '', key));
    const refusal = faults.s3;
    if (refusal !== undefined && refusal.method === message.method) {
      reply.writeHead(refusal.status, refusal.headers).end(message.method === 'HEAD' ? undefined : refusal.body);
      return;
    }
    const given = message.headers['x-amz-checksum-sha256'];
    if (message.method === 'PUT') {
      if (given !== undefined && given !== sha256(body)) {
        send(reply, 400, { message: 'The SHA256 you specified did not match the calculated checksum.' }, 'BadDigest');
        return;
      }
      objects.set(key, body);
      checksums.set(key, given === undefined ? undefined : String(given));
    }
    if (message.method === 'DELETE') {
      objects.delete(key);
      reply.writeHead(204).end();
      return;
    }
    const found = objects.get(key);
    if (found === undefined) {
      reply.writeHead(404).end();
      return;
    }
    // Only what came with the upload, and only when it is asked for.
    const kept = message.headers['x-amz-checksum-mode'] === 'ENABLED' ? checksums.get(key) : undefined;
    const headers = {
      ETag: `"${createHash('md5').update(found).digest('hex')}"`,
      'x-amz-version-id': 'v1',
      ...(kept === undefined ? {} : { 'x-amz-checksum-sha256': kept }),
    };
    reply.writeHead(200, message.method === 'HEAD' ? { ...headers, 'Content-Length': found.length } : headers).end();
  }

  function cloudWatch(message: IncomingMessage, reply: ServerResponse, body: Buffer): void {
    const operation = String(message.headers['x-amz-target']).split('.')[1] ?? '';
    calls.push(operation);
    const input = JSON.parse(body.toString('utf8')) as Json;
    requests.push(...logsRequests(REGION, operation, input));
    const answer = answerLogs(logs, operation, input);
    setTimeout(() => send(reply, 200, answer), logs.delayMs);
  }

  const server = createServer((message, reply) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      try {
        const scope = /Credential=[^/]+\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(
          message.headers.authorization ?? '',
        );
        if (scope?.[1] !== REGION) throw new Refusal(403, 'ForbiddenException', 'the signature is of another region');
        const body = Buffer.concat(chunks);
        if (scope[2] === 's3') s3(message, reply, body);
        else if (scope[2] === 'logs') cloudWatch(message, reply, body);
        else if (scope[2] === 'kafka') {
          if (isTopicPath(message.url ?? '')) mskTopics(message, reply, body);
          else {
            calls.push('GetBootstrapBrokers');
            const cluster = decodeURIComponent((message.url ?? '').split('/')[3] ?? '');
            requests.push({ action: 'kafka:GetBootstrapBrokers', resource: cluster });
            send(reply, 200, options.brokers ?? {});
          }
        } else mskConnect(message, reply, body);
      } catch (error) {
        if (error instanceof Refusal) send(reply, error.status, { message: error.message }, error.type);
        // A defect of the fake must not look like one of the service.
        else send(reply, 418, { message: String(error) }, 'FakeError');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connectors,
    resources,
    objects,
    logs,
    topics,
    faults,
    calls,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The operation of a request by the SDK's own routes. ARNs are percent-encoded, so the raw path is cut. */
function route(
  message: IncomingMessage,
  body: Buffer,
  operations: readonly SdkOperation[],
): { operation: SdkOperation; input: Json } {
  const [path = '', query = ''] = (message.url ?? '').split('?');
  const segments = path.split('/').slice(1).map(decodeURIComponent);
  const operation = operations.find(
    (one) =>
      one.method === message.method &&
      one.segments.length === segments.length &&
      one.segments.every((segment, index) => segment.startsWith('{') || segment === segments[index]),
  );
  if (operation === undefined) throw refuse.missing(`${message.method} ${path}`);
  const input: Json = body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as Json);
  for (const [index, segment] of operation.segments.entries())
    if (segment.startsWith('{')) input[segment.slice(1, -1)] = segments[index];
  const places = placesOf(operation.input);
  for (const [key, value] of new URLSearchParams(query)) {
    if (places[key] !== 'query') throw refuse.invalid(`${operation.name} takes no ${key} in its query`);
    input[key] = /^(true|false)$/.test(value) ? value === 'true' : key === 'maxResults' ? Number(value) : value;
  }
  return { operation, input };
}

/** Cuts the one list of an answer into pages; the token is where the next begins. */
function paged(answer: Json, { nextToken }: Json, size: number): Json {
  const list = Object.entries(answer).find(
    ([key, value]) =>
      Array.isArray(value) && /^(connectors|connectorOperations|customPlugins|workerConfigurations)$/.test(key),
  );
  if (list === undefined) return answer;
  const [key, items] = list as [string, unknown[]];
  const start = Number(nextToken ?? 0);
  const rest = items.length > start + size ? { nextToken: String(start + size) } : {};
  return { ...answer, [key]: items.slice(start, start + size), ...rest };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

function send(reply: ServerResponse, status: number, body: Json, type?: string): void {
  const headers = { 'Content-Type': 'application/json', ...(type === undefined ? {} : { 'x-amzn-errortype': type }) };
  reply.writeHead(status, headers).end(JSON.stringify(body));
}
