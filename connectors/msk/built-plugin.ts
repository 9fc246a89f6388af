/** A plugin ZIP on this machine: the sink, its converter and what else its connector needs. The same inputs make the same bytes. */
export interface BuiltPlugin {
  /** Absolute path. */
  readonly path: string;
  /** Hexadecimal; names the plugin on MSK Connect. */
  readonly sha256: string;
  /** Hexadecimal, as MSK Connect reports it. */
  readonly md5: string;
  readonly size: number;
  readonly manifest: PluginManifest;
}

/** What is in a plugin ZIP. */
export interface PluginManifest {
  /** The Java that its classes need. */
  readonly java: number;
  readonly files: readonly PluginFile[];
}

export interface PluginFile {
  /** Inside the ZIP. */
  readonly path: string;
  readonly sha256: string;
}
