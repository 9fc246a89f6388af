import type { DeployResult } from '../connectors/host.ts';
import { ConnectError } from '../core/errors.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

type Done = Pick<DeployResult, 'connector' | 'outcome'>;

/**
 * Deploys streams. One after the other it stops at the first that fails; side by side each goes to its end. The error is that of
 * the one that fared worst, with what became of the others: after it nobody should have to find that out.
 */
export async function deployEach<T extends Done>(
  streams: readonly StreamDefinition[],
  sideBySide: boolean,
  deploy: (stream: StreamDefinition) => Promise<T>,
): Promise<T[]> {
  const done: T[] = [];
  const failed: ConnectError[] = [];
  const one = async (stream: StreamDefinition): Promise<void> => {
    try {
      done.push(await deploy(stream));
    } catch (error) {
      if (streams.length === 1) throw error;
      failed.push(ConnectError.from(error));
    }
  };
  if (sideBySide) await Promise.all(streams.map(one));
  else {
    for (const [index, stream] of streams.entries()) {
      await one(stream);
      const [error] = failed;
      if (error !== undefined) throw withOthers(error, { done, failed: [], notBegun: streams.slice(index + 1) });
    }
  }
  const [worst, ...others] = failed.sort((a, b) => b.exitCode - a.exitCode);
  if (worst !== undefined) throw withOthers(worst, { done, failed: others, notBegun: [] });
  // In the order of the streams, whoever was first.
  const place = ({ connector }: T): number => streams.findIndex(({ sink }) => sink.name === connector);
  return done.sort((a, b) => place(a) - place(b));
}

interface Others {
  readonly done: readonly Done[];
  readonly failed: readonly ConnectError[];
  readonly notBegun: readonly StreamDefinition[];
}

function withOthers(error: ConnectError, others: Others): ConnectError {
  const done = others.done.map(({ connector, outcome }) => ({ connector, outcome }));
  const notBegun = others.notBegun.map(({ sink }) => sink.name);
  const lines = [
    ...others.failed.map(({ message }) => `failed too: ${message}`),
    ...(done.length === 0 ? [] : [`done: ${done.map((one) => `${one.connector} ${one.outcome}`).join(', ')}`]),
    ...(notBegun.length === 0 ? [] : [`not begun: ${notBegun.join(', ')}`]),
  ];
  if (lines.length === 0) return error;
  const failed = others.failed.map((one) => ({ code: one.code, message: one.message }));
  return new ConnectError(error.code, [error.message, ...lines].join('\n  '), {
    details: { ...error.details, done, notBegun, ...(failed.length === 0 ? {} : { failed }) },
    cause: error,
    hint: error.hint,
  });
}
