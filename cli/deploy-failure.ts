import type { DeployResult } from '../connectors/rest/deploy.ts';
import { ConnectError } from '../core/errors.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** One sink's failure, with what became of the others: after it nobody should have to find that out. */
export function withOthers(
  error: unknown,
  done: readonly Pick<DeployResult, 'connector' | 'outcome'>[],
  left: readonly StreamDefinition[],
): unknown {
  if (done.length + left.length === 0) return error;
  const failed = ConnectError.from(error);
  const notBegun = left.map(({ sink }) => sink.name);
  const lines = [
    ...(done.length === 0 ? [] : [`done before: ${done.map((one) => `${one.connector} ${one.outcome}`).join(', ')}`]),
    ...(notBegun.length === 0 ? [] : [`not begun: ${notBegun.join(', ')}`]),
  ];
  return new ConnectError(failed.code, [failed.message, ...lines].join('\n  '), {
    details: {
      ...failed.details,
      done: done.map(({ connector, outcome }) => ({ connector, outcome })),
      notBegun,
    },
    cause: failed,
    ...(failed.hint === undefined ? {} : { hint: failed.hint }),
  });
}
