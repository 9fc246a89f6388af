import { registerAcl } from './commands/acl.ts';
import { registerChangeState } from './commands/change-state.ts';
import { registerCheck } from './commands/check.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerDeadLetters } from './commands/dead-letters.ts';
import { registerDelete } from './commands/delete.ts';
import { registerDeploy } from './commands/deploy.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerDown } from './commands/down.ts';
import { registerFeed } from './commands/feed.ts';
import { registerImport } from './commands/import.ts';
import { registerInit } from './commands/init.ts';
import { registerKey } from './commands/key.ts';
import { registerLogs } from './commands/logs.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerMsk } from './commands/msk.ts';
import { registerOffsets } from './commands/offsets.ts';
import { registerPartitions } from './commands/partitions.ts';
import { registerPlan } from './commands/plan.ts';
import { registerPlugin } from './commands/plugin.ts';
import { registerProduce } from './commands/produce.ts';
import { registerPrune } from './commands/prune.ts';
import { registerPsql } from './commands/psql.ts';
import { registerQuarantine } from './commands/quarantine.ts';
import { registerRebuild } from './commands/rebuild.ts';
import { registerRender } from './commands/render.ts';
import { registerRestart } from './commands/restart.ts';
import { registerSchemas } from './commands/schemas.ts';
import { registerSimulate } from './commands/simulate.ts';
import { registerStart } from './commands/start.ts';
import { registerStatus } from './commands/status.ts';
import { registerUp } from './commands/up.ts';
import { registerUpgrade } from './commands/upgrade.ts';
import { registerVerify } from './commands/verify.ts';
import { registerWatch } from './commands/watch.ts';
import type { Register } from './context.ts';

export const OTHER = 'Other:';

interface CommandGroup {
  readonly heading: string;
  readonly commands: readonly Register[];
}

/** Every command, in the order that `--help` lists them: those of every day first. */
export const commandGroups: readonly CommandGroup[] = [
  {
    heading: 'Every day:',
    commands: [registerStatus, registerPlan, registerDeploy, registerVerify, registerDoctor],
  },
  {
    heading: 'On this machine:',
    commands: [registerStart, registerUp, registerDown, registerLogs, registerPsql, registerSimulate],
  },
  {
    heading: 'Definitions, schemas and tables:',
    commands: [
      registerCheck,
      registerInit,
      registerFeed,
      registerRender,
      registerSchemas,
      registerMigrate,
      registerKey,
      registerPartitions,
      registerRebuild,
      registerPrune,
      registerUpgrade,
    ],
  },
  {
    heading: 'Sinks:',
    commands: [
      registerWatch,
      registerRestart,
      registerChangeState,
      registerOffsets,
      registerDelete,
      registerImport,
      registerPlugin,
      registerAcl,
      registerMsk,
    ],
  },
  {
    heading: 'Records:',
    commands: [registerProduce, registerQuarantine, registerDeadLetters],
  },
  { heading: OTHER, commands: [registerCompletion] },
];
