/** The parts of the embedded stack, in the order they are named to people. */
export const PART_NAMES = ['postgres', 'kafka', 'registry', 'connect'] as const;
export type PartName = (typeof PART_NAMES)[number];

/** Loopback ports. Kafka's controller and the registry's management endpoint take free ones at each start. */
export type StackPorts = Readonly<Record<PartName, number>>;

export interface StackOptions {
  /** Absolute path of the project: the stack keeps everything in `<root>/.connect`. */
  readonly root: string;
  readonly ports: StackPorts;
  /** The process environment: JAVA_HOME, PATH, CONNECT_CACHE_DIR, CONNECT_MAVEN_URL and the like are read from it. */
  readonly env: NodeJS.ProcessEnv;
  /** Stop what runs and start from empty data. */
  readonly fresh?: boolean | undefined;
  readonly onEvent?: ((event: StackEvent) => void) | undefined;
  /** Aborting stops what this call has started and throws INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
}

/** What happens while the stack comes up or goes down. */
export type StackEvent =
  | { readonly kind: 'download'; readonly doneBytes: number; readonly totalBytes: number }
  | {
      readonly kind: 'part';
      readonly part: PartName;
      readonly state: 'starting' | 'ready' | 'already running' | 'restarting' | 'stopping' | 'stopped' | 'killed';
      readonly pid?: number;
      /** Why, when it is not plain. */
      readonly reason?: string;
      readonly tookMs?: number;
    }
  | { readonly kind: 'note'; readonly message: string };

export interface PartStatus {
  readonly name: PartName;
  /** Undefined when it does not run. */
  readonly pid: number | undefined;
  readonly state: 'running' | 'stopped';
  readonly startedByThisCall: boolean;
  readonly port: number;
  readonly logFile: string;
}
