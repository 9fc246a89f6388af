import { ConnectError } from './errors.ts';

/**
 * A package that only some environments need, loaded when one does. `load` imports it; `purpose` says what for.
 * Errors: ENVIRONMENT with what to install when it is not there.
 */
export async function optionalPackage<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConnectError('ENVIRONMENT', `the package ${name} is not installed; ${purpose} needs it`, {
      cause: error,
      hint: `add it to the project: \`npm install ${name}\`, or \`pnpm add ${name}\``,
    });
  }
}
