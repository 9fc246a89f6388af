import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** A program named `docker` that answers as it is told and writes its arguments down. */
export interface FakeDocker {
  /** Process environment whose PATH finds it first. */
  readonly env: NodeJS.ProcessEnv;
  /** Each call's arguments so far. */
  calls(): string[];
}

/** `answers` maps a word among the arguments to what the program prints and how it ends; other calls print nothing. */
export function fakeDocker(
  folder: string,
  answers: Readonly<Record<string, { readonly stdout?: string; readonly stderr?: string; readonly code?: number }>>,
): FakeDocker {
  const bin = join(folder, 'bin');
  const log = join(folder, 'docker-calls');
  mkdirSync(bin, { recursive: true });
  const cases = Object.entries(answers).map(([word, { stdout = '', stderr = '', code = 0 }]) => {
    writeFileSync(join(bin, `${word}.out`), stdout);
    writeFileSync(join(bin, `${word}.err`), stderr);
    return `*" ${word} "*) cat "${bin}/${word}.out"; cat "${bin}/${word}.err" >&2; exit ${code};;`;
  });
  const program = join(bin, 'docker');
  writeFileSync(program, `#!/bin/sh\necho "$*" >> "${log}"\ncase " $* " in\n${cases.join('\n')}\nesac\n`);
  chmodSync(program, 0o755);
  return {
    env: { ...process.env, PATH: [bin, process.env.PATH, dirname(process.execPath)].join(delimiter) },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []),
  };
}
