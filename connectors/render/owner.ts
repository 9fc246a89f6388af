import type { SinkConfig } from '../sink-config.ts';

/**
 * The setting that marks a connector as this project's. No plugin reads it. It lives and dies with the
 * connector, so it can never be out of step with the cluster, and says nothing of connectors that others have made.
 */
export const OWNER_KEY = 'perps.connect.owner';

/** Whether a connector was deployed by this project. */
export const isOwnedBy = (config: SinkConfig, project: string): boolean => config[OWNER_KEY] === project;
