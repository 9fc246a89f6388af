/**
 * The commands as functions, for programs that run them themselves. Files say what a project is: `connect.yaml`, the definitions, the
 * schemas, the migrations. Whatever fails throws a `ConnectError` with a code, a message, and what to do next.
 *
 * ```ts
 * import { createRuntime, openEnvironment, openProject, produce } from 'perps-connect';
 *
 * const runtime = createRuntime({ folder: '.', env: process.env, signal });
 * const session = openEnvironment(openProject(runtime), 'production', runtime);
 * await produce(session);
 * ```
 *
 * @packageDocumentation
 */

export { ConnectError, type ErrorCode } from '../core/errors.ts';
export type { Logger } from '../core/log.ts';
export type { ReadPosition } from '../pipeline/feed.ts';
export type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
export type {
  Feed,
  FeedContext,
  FeedMessage,
  FeedRead,
  OpenFeed,
  ReplayWindow,
  Update,
  UpdateValue,
} from '../producer/adapter/feed.ts';
export { type FeedFinding, type FeedTest, testFeed } from '../producer/adapter/test-feed.ts';
export {
  type BankSimulator,
  type BankSimulatorOptions,
  startBankSimulator,
} from '../producer/simulator/banks/bank-server.ts';
export { changeStates, type RequestedState, type StateChange } from './change-state.ts';
export { type Checked, type CheckRequest, check, type Finding } from './check.ts';
export { type Deployed, type DeployedStream, type DeployListener, type DeployOptions, deploy } from './deploy.ts';
export { type DoctorOptions, type DoctorReport, doctor } from './doctor.ts';
export { down } from './down.ts';
export { TEMPLATES, type Template } from './init/templates.ts';
export { type InitOptions, type InitResult, initProject } from './init-project.ts';
export { initStream } from './init-stream.ts';
export {
  type MigrateOptions,
  type MigrationStatus,
  migrateDown,
  migrateUp,
  migrationStatus,
  type RollBackOptions,
} from './migrate.ts';
export { PLAN_DEFAULTS, type Plan, type PlanEntry, type PlanOptions, pendingEntries, plan } from './plan.ts';
export { type ProduceOptions, produce } from './produce.ts';
export { type RenderedSink, renderSinks } from './render.ts';
export { type RestartOptions, restart } from './restart.ts';
export { type ProducerStats, type ProducerSummary, type RunStreamOptions, runStream } from './run-stream.ts';
export { loadPlan, savePlan } from './saved-plan.ts';
export { checkSchemas } from './schemas-check.ts';
export { type Registration, registerSchemas } from './schemas-register.ts';
export {
  createRuntime,
  openEnvironment,
  openProject,
  type Runtime,
  type RuntimeOptions,
  type Session,
  type SessionOptions,
  type StreamSelection,
} from './session.ts';
export { type SimulateOptions, simulate } from './simulate.ts';
export type { EachSinkOptions, FailedSink, SinkEvent, SinkOptions } from './sinks.ts';
export { type EnvironmentStatus, openStatus } from './status.ts';
export { type UpOptions, up } from './up.ts';
export { applyUpgrade, planUpgrade, type Upgrade, type UpgradedFile } from './upgrade.ts';
export { type VerifyOptions, type VerifyReport, verify } from './verify.ts';
export { type Incident, type WatchEvent, type WatchOptions, type WatchView, watch } from './watch.ts';
