import type { Check } from './check.ts';
import { postgresClock, workerClock } from './checks/clock-skew.ts';
import { feedCommitment, feedReachable } from './checks/feed.ts';
import { newestRow, producerCheckpoint, recordsAside, sinksLag } from './checks/flow.ts';
import { kafkaReachable, retentionOverrun, topicsSettings } from './checks/kafka.ts';
import { machineDisk, machineVersions } from './checks/machine.ts';
import {
  postgresCollation,
  postgresIdleTransactions,
  postgresIndexes,
  postgresMigrations,
  postgresReachable,
  postgresTimeZone,
  postgresWrites,
} from './checks/postgres.ts';
import { postgresPartitions } from './checks/postgres-partitions.ts';
import { postgresRights } from './checks/postgres-rights.ts';
import { registryReachable, registrySubjects } from './checks/registry.ts';
import { rejectedBound } from './checks/rejected-bound.ts';
import { sinksRunning, workerAccepts, workerOverridePolicy, workerPlugins, workerReachable } from './checks/worker.ts';

/** In the order of the report: the machine, then each part and what depends on it. */
export const allChecks: readonly Check[] = [
  machineVersions,
  machineDisk,
  kafkaReachable,
  topicsSettings,
  retentionOverrun,
  rejectedBound,
  registryReachable,
  registrySubjects,
  postgresReachable,
  postgresTimeZone,
  postgresIdleTransactions,
  postgresMigrations,
  postgresWrites,
  postgresRights,
  postgresIndexes,
  postgresPartitions,
  postgresCollation,
  postgresClock,
  workerReachable,
  workerPlugins,
  workerOverridePolicy,
  workerAccepts,
  workerClock,
  sinksRunning,
  sinksLag,
  recordsAside,
  newestRow,
  feedReachable,
  feedCommitment,
  producerCheckpoint,
];
