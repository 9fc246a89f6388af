import { ConnectError } from '../core/errors.ts';
import { createHttp, type HttpReply } from '../core/http.ts';
import type { HttpConnection } from '../pipeline/connections.ts';
import type { CompatibilityLevel } from './compatibility/level.ts';

/** A schema as the registry keeps it. */
export interface SchemaById {
  readonly schema: string;
  /** Left out for Avro. */
  readonly schemaType?: string;
  /** Schemas that it names and does not define. */
  readonly references?: readonly { readonly subject: string; readonly version: number }[];
}

/** One registered version of a subject. */
export interface RegisteredSchema extends SchemaById {
  readonly id: number;
  readonly version: number;
}

/**
 * The registry by Confluent's REST API, as Confluent, Karapace, Redpanda and Apicurio (ccompat) serve it.
 * Every call throws UNREACHABLE or TIMEOUT when there is no answer, NOT_READY on 5xx, REFUSED on any other refusal with the
 * registry's own `error_code` in `details`.
 */
export type SchemaRegistry = ReturnType<typeof createSchemaRegistry>;

interface RefusalBody {
  readonly error_code?: number | undefined;
  readonly message?: string | undefined;
}

/** A client for one registry. */
export function createSchemaRegistry({ url, auth, tls }: HttpConnection) {
  const http = createHttp({
    what: 'schema registry',
    baseUrl: url,
    timeoutMs: 15_000,
    headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
    hint: 'check registry.url in connect.yaml and that the registry runs',
    settings: 'registry',
    auth,
    tls,
  });

  /** The body of a 2xx, undefined for a 404, an error otherwise. */
  async function call<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T | undefined> {
    const reply = await http.request<T>(method, path, body);
    if (reply.status >= 200 && reply.status < 300) return reply.body;
    if (reply.status === 404) return undefined;
    throw refusal(reply, `${method} ${path}`, url);
  }
  async function required<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T> {
    const answer = await call<T>(method, path, body);
    if (answer !== undefined) return answer;
    throw new ConnectError('REFUSED', `schema registry at ${url}: ${method} ${path} does not exist`, {
      hint: 'registry.url must be the base of a Confluent-compatible API, for Apicurio …/apis/ccompat/v7',
    });
  }

  const at = (subject: string): string => `/subjects/${encodeURIComponent(subject)}`;
  /** Version numbers in ascending order; undefined for an unknown subject. */
  const versions = async (subject: string): Promise<readonly number[] | undefined> =>
    (await call<number[]>('GET', `${at(subject)}/versions`))?.toSorted((a, b) => a - b);
  const configOf = (subject: string): string => `/config/${encodeURIComponent(subject)}`;

  return {
    url,
    subjects: () => required<string[]>('GET', '/subjects'),
    versions,
    version: (subject: string, version: number | 'latest') =>
      call<RegisteredSchema>('GET', `${at(subject)}/versions/${version}`),
    /** Undefined for an unknown id. */
    schemaById: (id: number) => call<SchemaById>('GET', `/schemas/ids/${id}`),
    /** Where exactly this schema stands under the subject; undefined when it does not. */
    lookup: (subject: string, schemaText: string) =>
      call<{ id: number; version: number }>('POST', at(subject), { schema: compact(schemaText) }),
    /** The subject's own level; undefined when it has none and the registry's default holds. */
    async compatibility(subject: string): Promise<CompatibilityLevel | undefined> {
      const config = await call<{ compatibilityLevel?: CompatibilityLevel }>('GET', configOf(subject));
      return config?.compatibilityLevel;
    },
    /** Works before the subject's first version, too. */
    async setCompatibility(subject: string, level: CompatibilityLevel): Promise<void> {
      await required('PUT', configOf(subject), { compatibility: level });
    },
    /**
     * Against the subject's level; `messages` are the registry's reasons.
     * Undefined for a subject without versions: some registries answer true there, others 404.
     */
    async check(
      subject: string,
      schemaText: string,
    ): Promise<{ compatible: boolean; messages: readonly string[] } | undefined> {
      if (((await versions(subject)) ?? []).length === 0) return undefined;
      const path = `/compatibility${at(subject)}/versions?verbose=true`;
      const verdict = await required<{ is_compatible: boolean; messages?: string[] }>('POST', path, {
        schema: compact(schemaText),
      });
      return { compatible: verdict.is_compatible, messages: verdict.messages ?? [] };
    },
    register: (subject: string, schemaText: string) =>
      required<{ id: number }>('POST', `${at(subject)}/versions`, { schema: compact(schemaText) }),
  };
}

/**
 * JSON without the spaces between its words, for a registry that compares text: indentation and line endings then make no
 * new version. Not by parsing: numbers beyond 2^53 would come out changed.
 */
const compact = (json: string): string =>
  json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_match, word: string | undefined) => word ?? '');

function refusal(reply: HttpReply<unknown>, call: string, url: string): ConnectError {
  const { status } = reply;
  // A proxy in between answers with a page of its own.
  const body = typeof reply.body === 'object' && reply.body !== null ? (reply.body as RefusalBody) : {};
  const reason = body.message ?? `HTTP ${status}`;
  return new ConnectError(
    status >= 500 ? 'NOT_READY' : 'REFUSED',
    `schema registry at ${url} refused ${call}: ${reason}`,
    { details: { status, errorCode: body.error_code } },
  );
}
