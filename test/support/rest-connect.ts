import type { Environment, RestConnect } from '../../pipeline/types.ts';

/** The Connect cluster of an environment that a test knows to have one. */
export function restConnect({ name, connect }: Environment): RestConnect {
  if (connect.target === 'rest') return connect;
  throw new Error(`environment ${name} has no Connect cluster`);
}
