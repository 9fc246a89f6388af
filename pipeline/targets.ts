import type { DefinedStream } from './definition.ts';
import type { Problem } from './finding.ts';
import { checkMskConnect, checkMskStream, checkProvider, type MskForm } from './msk-checks.ts';
import type { MskConnect } from './msk-connect.ts';
import { withProvider } from './msk-providers.ts';
import type { Environment, SecretReference } from './types.ts';
import type { Path, YamlFile } from './yaml-file.ts';

type Connect = Environment['connect'];

/** A target as one environment of the file asks for it. */
export interface TargetForm {
  readonly environment: string;
  readonly connect: Connect;
  readonly databasePassword: SecretReference;
}

/** What a kind of target adds to what the schema says of it. */
interface TargetRules {
  complete(connect: Connect, databasePassword: SecretReference): Connect;
  check(file: YamlFile, form: TargetForm): Problem[];
  checkStream(form: TargetForm, defined: DefinedStream): Problem[];
}

const msk = {
  complete: (connect: Connect, databasePassword: SecretReference) =>
    withProvider(connect as MskConnect, databasePassword),
  formOf: ({ connect, databasePassword }: TargetForm): MskForm =>
    withProvider<MskForm>(connect as MskForm, databasePassword),
  check(file: YamlFile, form: TargetForm): Problem[] {
    const at: Path = ['environments', form.environment];
    const { databasePassword } = form;
    return [
      ...checkMskConnect(file, [...at, 'connect'], msk.formOf(form)),
      ...checkProvider(file, [...at, 'worker', 'databasePassword'], databasePassword, msk.formOf(form)),
    ];
  },
  checkStream: (form: TargetForm, defined: DefinedStream) =>
    checkMskStream(defined, form.environment, msk.formOf(form)),
};

/** Every kind of target. The schema says all there is to say of a Connect cluster. */
const TARGETS: Readonly<Record<Connect['target'], TargetRules>> = {
  rest: { complete: (connect) => connect, check: () => [], checkStream: () => [] },
  msk,
};

/** The rules of a kind of target. */
export const targetRules = ({ target }: Pick<Connect, 'target'>): TargetRules => TARGETS[target];
