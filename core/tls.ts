import { readFileSync } from 'node:fs';
import { ConnectError, causesOf } from './errors.ts';

/** PEM files, by absolute path: an authority of one's own; certificate and key for mutual TLS. */
export type TlsFiles = Readonly<Partial<Record<'ca' | 'certificate' | 'key', string>>>;

/** What the files hold, by the names that Node's TLS has for it. What is left out is not there: Node takes `undefined` for a value. */
export type TlsContent = Partial<Record<'ca' | 'cert' | 'key', string>>;

/** Reads the files. `setting` is where they are named: `registry.tls`. Errors: USAGE for one that cannot be read. */
export function readTls(files: TlsFiles, setting: string): TlsContent {
  const content = (name: keyof TlsFiles, option: keyof TlsContent): TlsContent => {
    const path = files[name];
    return path === undefined ? {} : { [option]: readPem(path, `${setting}.${name}`) };
  };
  return { ...content('ca', 'ca'), ...content('certificate', 'cert'), ...content('key', 'key') };
}

function readPem(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new ConnectError('USAGE', `${setting} ${path} cannot be read (${reason})`, { cause: error });
  }
}

/** What is wrong with a TLS connection, and what to do about it. */
export interface TlsFailure {
  readonly says: string;
  readonly hint: string;
}

/** In the order in which they are tried: OpenSSL's and Node's names, then gRPC's and kafkajs's words where the name is lost. */
const FAILURES: readonly (readonly [pattern: RegExp, says: string, hint: (tls: string) => string])[] = [
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate (has expired|is not yet valid)/,
    'its certificate has expired or is not valid yet',
    () => 'renew the certificate of the server, and check the clocks of both machines',
  ],
  [
    /ALTNAME_INVALID|does not match certificate's altnames/,
    'its certificate is for another host name',
    () =>
      'write the name that stands in its certificate into connect.yaml, or give the server a certificate of its name',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|self-signed certificate|unable to (verify|get (local )?issuer)/,
    'nobody who is trusted vouches for its certificate',
    (tls) =>
      `name the file with the certificate of its authority by ${tls}.ca, and make sure that this is the server that you mean`,
  ],
  [
    /KEY_VALUES_MISMATCH|ERR_OSSL|PEM|key values mismatch/,
    'our certificate and key cannot be used',
    (tls) => `${tls}.certificate and ${tls}.key must be PEM files that belong together, the key without a password`,
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH|does not support SSL/,
    'it does not speak TLS',
    () => 'check address and port, and whether TLS is switched on there',
  ],
  [/ERR_SSL|ERR_TLS|CERT|CRL/, 'TLS failed', (tls) => `check ${tls} in connect.yaml`],
];

/** The server's word for a client's certificate. Java says "bad certificate" where there is none. */
const OUR_CERTIFICATE =
  /alert[ _](unknown[ _]ca|bad[ _]certificate|certificate|access[ _]denied|decrypt|handshake[ _]failure)/i;

/** How we connected: where the files are named (`registry.tls`), and whether we showed a certificate. */
export interface TlsSide {
  readonly setting: string;
  readonly hasCertificate: boolean;
}

/** What a failure of TLS means; undefined for any other error. */
export function tlsFailure(error: unknown, { setting, hasCertificate }: TlsSide): TlsFailure | undefined {
  for (const one of causesOf(error)) {
    const text = `${(one as NodeJS.ErrnoException).code ?? ''} ${one.message}`;
    if (OUR_CERTIFICATE.test(text)) {
      const says = hasCertificate ? 'it does not accept our certificate' : 'it asks for a certificate of ours';
      const hint = hasCertificate
        ? `${setting}.certificate must be valid now, and of an authority that the server knows`
        : `name our certificate and its key by ${setting}.certificate and ${setting}.key`;
      return { says: `${says} (${codeOf(one)})`, hint };
    }
    const found = FAILURES.find(([pattern]) => pattern.test(text));
    if (found !== undefined) return { says: `${found[1]} (${codeOf(one)})`, hint: found[2](setting) };
  }
  return undefined;
}

/** The name, or the words without what only OpenSSL's authors understand. */
const codeOf = (error: Error): string =>
  (error as NodeJS.ErrnoException).code ?? (error.message.split(':').at(-1) ?? '').trim();
