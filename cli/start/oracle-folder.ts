import { join } from 'node:path';
import type { Project } from '../../pipeline/types.ts';

/** Where `start` writes down what its simulated feeds sent, one `<stream>.ndjson` each. */
export const oracleFolder = (project: Project): string => join(project.root, '.connect', 'oracle');
