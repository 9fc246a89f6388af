import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate and its key, as PEM files by absolute path. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  /** The same key as PKCS #8 in DER. */
  readonly keyDer: string;
}

/** An authority that a test makes for itself. */
export interface Authority {
  /** Its certificate. */
  readonly ca: string;
  /** Files named after `name`, which is the common name, and the host name of a server. localhost is 127.0.0.1 too. */
  issue(name: string, options?: { readonly expired?: boolean }): Promise<CertificateFiles>;
}

const KIND = { keyType: 'ec', algorithm: 'sha256' } as const;
const DAY_MS = 86_400_000;

/** Makes an authority, whose files lie in `folder`. */
export async function createAuthority(folder: string, name = 'perps test authority'): Promise<Authority> {
  const write = (file: string, content: string | Buffer) => {
    const path = join(folder, `${name}-${file}`.replaceAll(/[^\w.-]/g, '-'));
    writeFileSync(path, content);
    return path;
  };
  const own = await generate(subject(name), {
    ...KIND,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  return {
    ca: write('ca.pem', own.cert),
    async issue(holder, { expired = false } = {}) {
      const days = expired
        ? { notBeforeDate: new Date(Date.now() - 2 * DAY_MS), notAfterDate: new Date(Date.now() - DAY_MS) }
        : {};
      const { cert, private: key } = await generate(subject(holder), {
        ...KIND,
        ...days,
        ca: { key: own.private, cert: own.cert },
      });
      const file = expired ? `${holder}-expired` : holder;
      return {
        certificate: write(`${file}.pem`, cert),
        key: write(`${file}.key`, key),
        keyDer: write(`${file}.pk8`, createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })),
      };
    },
  };
}

const subject = (value: string) => [{ name: 'commonName', value }];
