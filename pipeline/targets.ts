import type { DefinedStream } from './definition.ts';
import type { Problem } from './finding.ts';
import { checkHttp, completeHttp, type HttpForm } from './http-settings.ts';
import { checkMskConnect, checkMskFiles, checkMskStream, type MskForm } from './msk-checks.ts';
import type { MskConnect } from './msk-connect.ts';
import { checkProvider, withProvider } from './msk-providers.ts';
import type { Environment, RestConnect } from './types.ts';
import { type WorkerSecrets, workerReferences } from './worker-settings.ts';
import type { YamlFile } from './yaml-file.ts';

type Connect = Environment['connect'];
/** `connect` of an environment as the schema leaves it. */
export type ConnectForm = (RestConnect & HttpForm) | MskConnect;

/** A target as one environment of the file asks for it. */
export interface TargetForm {
  readonly environment: string;
  readonly connect: ConnectForm;
  readonly worker: WorkerSecrets & Pick<Environment['worker'], 'databaseTls'>;
}

/** What a kind of target adds to what the schema says of it. */
interface TargetRules {
  complete(form: TargetForm & { readonly root: string }): Connect;
  check(file: YamlFile, form: TargetForm): Problem[];
  checkStream(defined: DefinedStream, form: TargetForm): Problem[];
}

/** With a provider behind each reference that the workers resolve. */
const mskForm = ({ connect, worker }: TargetForm): MskForm =>
  workerReferences(worker).reduce((form, { reference }) => withProvider(form, reference), connect as MskForm);

/** Every kind of target. */
const TARGETS: Readonly<Record<Connect['target'], TargetRules>> = {
  rest: {
    complete: ({ connect, root }) => completeHttp<RestConnect>(connect as RestConnect & HttpForm, root),
    check: (file, { environment, connect }) =>
      checkHttp(file, ['environments', environment, 'connect'], connect as RestConnect & HttpForm),
    checkStream: () => [],
  },
  msk: {
    complete: (form) => mskForm(form) as MskConnect,
    check(file, form) {
      const at = ['environments', form.environment];
      return [
        ...checkMskConnect(file, [...at, 'connect'], mskForm(form)),
        ...checkMskFiles(file, at, form.worker),
        ...workerReferences(form.worker).flatMap(({ path, reference }) =>
          checkProvider(file, [...at, 'worker', ...path], reference, mskForm(form)),
        ),
      ];
    },
    checkStream: (defined, form) => checkMskStream(defined, form.environment, mskForm(form)),
  },
};

/** The rules of a kind of target. */
export const targetRules = ({ target }: Pick<Connect, 'target'>): TargetRules => TARGETS[target];
