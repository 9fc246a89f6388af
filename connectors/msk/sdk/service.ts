import type * as aws from '@aws-sdk/client-kafkaconnect';

/** The SDK's package and a client of it. */
export interface KafkaConnectSdk {
  readonly sdk: typeof aws;
  readonly service: aws.KafkaConnect;
}

/** What one call has: the client, and the options that end it in time. */
export interface Asked extends KafkaConnectSdk {
  readonly options: { readonly abortSignal: AbortSignal };
}

/** Makes one call, or one list of calls, within its bounds. `what` ends "MSK Connect could not …". */
export type Call = <T>(what: string, ask: (asked: Asked) => Promise<T>) => Promise<T>;
