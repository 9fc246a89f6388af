import type { SinkHost } from '../../connectors/host.ts';

/** A host that asks `require` before each of its writes; what it throws keeps the write from being made. */
export function guardedHost(host: SinkHost, require: () => Promise<void>): SinkHost {
  const guarded =
    <Args extends unknown[], T>(write: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      await require();
      return write(...args);
    };
  const { offsets, submit } = host;
  return {
    ...host,
    deploy: guarded(host.deploy),
    submit: submit && guarded(submit),
    pause: guarded(host.pause),
    resume: guarded(host.resume),
    restart: guarded(host.restart),
    remove: guarded(host.remove),
    stop: guarded(host.stop),
    offsets: { require: offsets.require, set: guarded(offsets.set), forget: guarded(offsets.forget) },
  };
}
