import { ConnectError } from '../../core/errors.ts';
import { type FailedPart, formatSuspects } from './failure.ts';

/** What has failed of which connector. `hint` is what to do where the causes are not known ones. */
export interface FailedParts {
  readonly connector: string;
  readonly failures: readonly FailedPart[];
  readonly hint?: string;
}

/** The REFUSED error that lists each failed part with worker, cause and record; `details.failures` has them for machines. */
export function failedError(headline: string, { connector, failures, hint }: FailedParts): ConnectError {
  const lines = failures.flatMap(({ task, worker, cause, suspects }) => {
    const record = formatSuspects(suspects);
    return [
      `  ${task === undefined ? 'connector' : `task ${task}`} on ${worker}`,
      `  cause   ${cause}`,
      ...(record === undefined ? [] : [`  record  ${record}`]),
    ];
  });
  const todo = failures.find((failure) => failure.hint !== undefined)?.hint ?? hint;
  return new ConnectError('REFUSED', [headline, ...lines].join('\n'), {
    details: {
      connector,
      failures: failures.map(({ suspects, ...failure }) => ({ ...failure, record: formatSuspects(suspects) })),
    },
    ...(todo === undefined ? {} : { hint: todo }),
  });
}
