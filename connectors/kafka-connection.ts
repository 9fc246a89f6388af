import type { KafkaConnection, PasswordLogin, TokenLogin } from '../core/kafka.ts';
import { readTls } from '../core/tls.ts';
import type { Secrets } from '../pipeline/connections.ts';
import { accessOf } from '../pipeline/kafka-settings.ts';
import type { Environment, KafkaLogin } from '../pipeline/types.ts';
import type { CallBounds } from './msk/sdk/client.ts';
import { iamLogin, mskBrokers } from './msk/sdk/kafka-access.ts';

/** The environment's Kafka cluster. `bounds`: of a search for its brokers. Errors: USAGE for a secret or a file of TLS that cannot be read. */
export function kafkaConnection(
  { connect, kafka }: Environment,
  secrets: Secrets,
  bounds: CallBounds = {},
): KafkaConnection {
  const { brokers, cluster, ssl, sasl } = kafka;
  return {
    brokers: cluster === undefined ? brokers : mskBrokers(cluster, accessOf(kafka), connect.endpoints?.kafka, bounds),
    ssl: typeof ssl === 'object' ? readTls(ssl, 'kafka.ssl') : ssl,
    sasl: sasl && loginOf(sasl, secrets),
  };
}

const loginOf = (login: KafkaLogin, secrets: Secrets): PasswordLogin | TokenLogin =>
  login.mechanism === 'aws-iam' ? iamLogin(login.region) : { ...login, password: secrets(login.password) };
