import { execFile } from 'node:child_process';
import { packageRoot } from '../../core/package-root.ts';

/** Runs a script of this repository as a person does, and gives what it printed and its exit code. */
export function nodeScript(
  path: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { cwd: packageRoot(), env: { ...process.env, ...env }, maxBuffer: 64 << 20 };
    execFile(process.execPath, [path], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
