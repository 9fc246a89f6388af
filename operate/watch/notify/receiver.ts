import { ConnectError } from '../../../core/errors.ts';
import { isLoopback } from '../../../core/loopback.ts';
import { isLocalReference } from '../../../core/reference.ts';
import { resolveSecret, type SecretSources } from '../../../pipeline/secrets.ts';

const KINDS = ['json', 'slack', 'pagerduty', 'pagerduty-eu'] as const;

/** How a receiver wants to be told. */
export type ReceiverKind = (typeof KINDS)[number];

/** Somebody who is told of incidents. */
export interface Receiver {
  readonly kind: ReceiverKind;
  /** For messages: the words of the flag, which hold no secret. */
  readonly name: string;
  readonly url: string;
  /** Of PagerDuty: the integration's key. */
  readonly routingKey?: string | undefined;
  /** What nobody may read. */
  readonly secrets: readonly string[];
}

const PAGERDUTY: Partial<Record<ReceiverKind, string>> = {
  pagerduty: 'https://events.pagerduty.com/v2/enqueue',
  'pagerduty-eu': 'https://events.eu.pagerduty.com/v2/enqueue',
};

const FORM = `--notify wants KIND=REFERENCE, and KIND is ${KINDS.slice(0, -1).join(', ')} or ${KINDS.at(-1)}`;

/**
 * The receiver that `slack=${env:SLACK_WEBHOOK}` names. The reference leads to a URL, or to PagerDuty's integration key. Throws USAGE
 * without a word of the value.
 */
export function parseReceiver(words: string, sources: SecretSources): Receiver {
  const [, kindText = '', reference = ''] = /^([^=]*)=(.*)$/s.exec(words) ?? [];
  const kind = KINDS.find((one) => one === kindText);
  if (kind === undefined) {
    throw new ConnectError('USAGE', FORM, { hint: `for example --notify 'slack=\${env:SLACK_WEBHOOK}'` });
  }
  if (!isLocalReference(reference)) {
    throw new ConnectError(
      'USAGE',
      `--notify ${kind}=… holds no reference: whoever has the address or key can use it`,
      {
        hint: `keep it in a variable or a file, and name that: --notify '${kind}=\${env:NAME}' or '${kind}=\${file:path:key}'; the quotes keep the shell from reading it`,
      },
    );
  }
  const name = `${kind}=${reference}`;
  const value = resolveSecret(reference, sources).trim();
  const url = PAGERDUTY[kind];
  if (url !== undefined) return { kind, name, url, routingKey: requireRoutingKey(value, name), secrets: [value] };
  const { href, pathname, search, username, password } = requireUrl(value, name);
  const parts = [`${pathname}${search}`, pathname, ...pathname.split('/').filter((part) => part.length > 8), username];
  return { kind, name, url: href, secrets: [value, href, ...parts, password].filter((part) => part.length > 3) };
}

function requireRoutingKey(value: string, name: string): string {
  if (/^[A-Za-z0-9]{32}$/.test(value)) return value;
  throw new ConnectError('USAGE', `--notify ${name}: what it leads to is no integration key of PagerDuty`, {
    hint: 'give the key of an integration "Events API v2": 32 letters and digits, no address',
  });
}

function requireUrl(value: string, name: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.host))) return url;
  throw new ConnectError('USAGE', `--notify ${name}: what it leads to is no https:// address`, {
    hint: 'give an https:// address; http:// is for receivers on this machine only',
  });
}
