import { execFile } from 'node:child_process';
import { ConnectError } from '../../core/errors.ts';

/** git in one folder. */
export interface Git {
  /** Standard output. Errors: ENVIRONMENT with git's own words. */
  run(...args: readonly string[]): Promise<string>;
  /** The same, where failure is an answer. */
  attempt(...args: readonly string[]): Promise<GitAnswer>;
}

export interface GitAnswer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs git without a shell, in English, and never asking for a password. `env` is the process environment. */
export function createGit(folder: string, env: NodeJS.ProcessEnv): Git {
  const options = {
    cwd: folder,
    env: { ...env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
    encoding: 'utf8' as const,
    maxBuffer: 256 * 1024 * 1024,
  };
  const attempt = (...args: readonly string[]): Promise<GitAnswer> =>
    new Promise((resolve, reject) => {
      execFile('git', args, options, (error, stdout, stderr) => {
        if (error?.code === 'ENOENT') reject(gitMissing(folder));
        else resolve({ ok: error === null, stdout, stderr });
      });
    });
  return {
    attempt,
    async run(...args) {
      const answer = await attempt(...args);
      if (answer.ok) return answer.stdout;
      throw new ConnectError('ENVIRONMENT', `git ${args[0]} failed in ${folder}: ${answer.stderr.trim()}`);
    },
  };
}

const gitMissing = (folder: string): ConnectError =>
  new ConnectError('ENVIRONMENT', `git cannot be started in ${folder}`, {
    hint: 'install git and see that it is on the PATH',
  });
