import { checkContract } from '../contract/check.ts';
import { ConnectError } from '../core/errors.ts';
import type { Session } from './session.ts';

/**
 * Nothing is deployed that `connect check` knows to break: every layer must agree, as this environment has them. There is no
 * way around it but the definition's own words (`sink.omit`, `feed.ignore`, `sink.config`), which reviewers see.
 * Errors: FINDINGS with each finding and its place.
 */
export async function requireContract({ project, environment, streams }: Session): Promise<void> {
  const only = streams.map(({ name }) => name);
  const findings = await checkContract({ ...project, environments: { [environment.name]: environment } }, { only });
  const broken = findings.filter(({ severity }) => severity === 'error');
  if (broken.length === 0) return;
  const number = broken.length === 1 ? '1 finding' : `${broken.length} findings`;
  throw new ConnectError('FINDINGS', `${number} of connect check; nothing was changed`, {
    details: {
      problems: broken.map(({ file, line, column, message, remedy }) => ({
        file,
        line,
        column,
        message: `${message}; ${remedy}`,
      })),
      findings: broken,
    },
    hint: '`connect check` explains them; a deploy goes on once all layers agree',
  });
}
