import { OWNER_KEY } from '../../pipeline/setting-owners.ts';
import type { SinkConfig } from '../sink-config.ts';

/** Whether a connector was deployed by this project. */
export const isOwnedBy = (config: SinkConfig, project: string): boolean => config[OWNER_KEY] === project;
