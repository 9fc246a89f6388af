import { ConnectError } from '../core/errors.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Environment, Project, StreamDefinition } from './types.ts';

/** The environment of that name, or the project's default. Errors: USAGE naming those there are. */
export function selectEnvironment(project: Project, name?: string): Environment {
  const wanted = name ?? project.defaultEnvironment;
  const names = Object.keys(project.environments);
  const environment = names.includes(wanted) ? project.environments[wanted] : undefined;
  if (environment === undefined) {
    throw new ConnectError('USAGE', `no environment "${wanted}" in connect.yaml${didYouMean(wanted, names)}`, {
      hint: `environments: ${names.join(', ')}`,
    });
  }
  return environment;
}

/** The streams of those names, in the project's order, or all. Errors: USAGE naming those there are. */
export function selectStreams(project: Project, only?: readonly string[]): StreamDefinition[] {
  const names = project.streams.map((stream) => stream.name);
  if (names.length === 0) {
    throw new ConnectError('USAGE', `no stream is defined in ${project.root}`, {
      hint: 'a stream is a file connectors/<name>.yaml',
    });
  }
  for (const wanted of only ?? []) {
    if (!names.includes(wanted)) {
      throw new ConnectError('USAGE', `no stream "${wanted}"${didYouMean(wanted, names)}`, {
        hint: `streams: ${names.join(', ')}`,
      });
    }
  }
  return project.streams.filter((stream) => only === undefined || only.includes(stream.name));
}
