import type { Check } from './check.ts';
import { postgresClock, workerClock } from './checks/clock-skew.ts';
import { feedReachable } from './checks/feed-reachable.ts';
import { kafkaReachable } from './checks/kafka-reachable.ts';
import { machineDisk } from './checks/machine-disk.ts';
import { machineVersions } from './checks/machine-versions.ts';
import { postgresIndexes } from './checks/postgres-indexes.ts';
import { postgresMigrations } from './checks/postgres-migrations.ts';
import { postgresReachable } from './checks/postgres-reachable.ts';
import { postgresTimeZone } from './checks/postgres-time-zone.ts';
import { registryReachable } from './checks/registry-reachable.ts';
import { registrySubjects } from './checks/registry-subjects.ts';
import { retentionOverrun } from './checks/retention-overrun.ts';
import { sinksRunning } from './checks/sinks-running.ts';
import { topicsSettings } from './checks/topics-settings.ts';
import { workerPlugins } from './checks/worker-plugins.ts';
import { workerReachable } from './checks/worker-reachable.ts';
import { workerAccepts, workerOverridePolicy } from './checks/worker-validation.ts';

/** In the order of the report: the machine, then each part and what depends on it. */
export const allChecks: readonly Check[] = [
  machineVersions,
  machineDisk,
  kafkaReachable,
  topicsSettings,
  retentionOverrun,
  registryReachable,
  registrySubjects,
  postgresReachable,
  postgresTimeZone,
  postgresMigrations,
  postgresIndexes,
  postgresClock,
  workerReachable,
  workerPlugins,
  workerOverridePolicy,
  workerAccepts,
  workerClock,
  sinksRunning,
  feedReachable,
];
