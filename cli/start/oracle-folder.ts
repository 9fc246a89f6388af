import { join } from 'node:path';
import type { Project, StreamDefinition } from '../../pipeline/types.ts';

/** Where `start` writes down what its simulated feeds sent. */
export const oracleFolder = (project: Project): string => join(project.root, '.connect', 'oracle');

/** One stream's part of it. */
export const oracleFile = (project: Project, stream: StreamDefinition): string =>
  join(oracleFolder(project), `${stream.name}.ndjson`);
