/** One key of a connector's configuration, and why it has this value. */
export interface SinkSetting {
  readonly key: string;
  /** Secrets are references which the worker resolves. */
  readonly value: string;
  /** One sentence for the reader of `connect render --explain`. */
  readonly reason: string;
}

/** A setting; values are text for Kafka Connect. */
export const set = (key: string, value: string | number | boolean, reason: string): SinkSetting => ({
  key,
  value: String(value),
  reason,
});
