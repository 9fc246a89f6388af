import { isLoopback } from '../core/loopback.ts';
import type { Problem } from './finding.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** One way to a part of an environment. */
interface Way {
  /** Where it is described: `registry`. */
  readonly block: string;
  /** What would be read on the way: "password". */
  readonly secret: string;
  /** A URL or host:port. */
  readonly address: string;
  readonly isEncrypted: boolean;
  readonly insecure?: boolean | undefined;
  /** How to encrypt it. Default: an https:// URL. */
  readonly change?: string;
}

/** The problem of a login that others could read on its way: to another machine, not encrypted, and not on purpose. */
export function clearTextProblem(file: YamlFile, at: Path, way: Way): Problem[] {
  const { block, secret, address, isEncrypted, insecure, change = 'write https://' } = way;
  if (isEncrypted || insecure === true || isLoopback(address)) return [];
  const host = URL.canParse(address) ? new URL(address).host || address : address;
  const message = `the ${secret} would travel to ${host} in clear text: ${change}, or, where nobody else can listen, set ${block}.insecure: true`;
  return [file.problemAt(at, message)];
}
