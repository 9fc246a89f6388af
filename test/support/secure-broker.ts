import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { propertiesText } from '../../core/properties.ts';
import { brokerSettings } from '../../stack/settings/broker.ts';
import { type Authority, type CertificateFiles, createAuthority } from './certificates.ts';
import { freePorts } from './free-ports.ts';
import { runBroker } from './run-broker.ts';
import { scratchFolder } from './scratch.ts';

/** A broker that lets nobody in without TLS; each listener wants a login of its own kind. */
export interface SecureBroker {
  /** host:port of whoever may do everything, without a login. */
  readonly admin: string;
  /** host:port that wants a SCRAM-SHA-512 login. */
  readonly scram: string;
  /** host:port that wants a client certificate. */
  readonly mutualTls: string;
  /** host:port that wants OAUTHBEARER, anew every 12 s; it takes JSON web tokens without a signature. */
  readonly oauth: string;
  readonly user: { readonly username: string; readonly password: string };
  /** Password of each of the users who may do what ACLs allow, and nothing else. */
  readonly usersPassword: string;
  /** Vouches for the broker and for the client whose files these are. */
  readonly authority: Authority;
  readonly files: { readonly ca: string } & CertificateFiles;
}

/** The client of the certificate. */
const CLIENT = 'perps-client';
const KAFKA_LOGIN = 'org.apache.kafka.common.security';

/** Starts one on free ports; it ends with the test. `users`: SCRAM users without any right. */
export async function startSecureBroker(users: readonly string[] = []): Promise<SecureBroker> {
  const folder = scratchFolder();
  const authority = await createAuthority(folder);
  const broker = await authority.issue('localhost');
  const files = { ca: authority.ca, ...(await authority.issue(CLIENT)) };
  const keystore = join(folder, 'broker.pem');
  writeFileSync(keystore, [broker.key, broker.certificate].map((file) => readFileSync(file, 'utf8')).join('\n'));
  const user = { username: 'perps', password: 'correct horse' };
  const usersPassword = 'staple battery';
  const [plain = 0, scram = 0, mutualTls = 0, oauth = 0, controller = 0] = await freePorts(5);
  const at = (port: number) => ({ listen: `127.0.0.1:${port}`, advertised: `127.0.0.1:${port}` });
  const config = join(folder, 'server.properties');
  mkdirSync(join(folder, 'data'));
  writeFileSync(
    config,
    propertiesText({
      ...brokerSettings({
        clients: { PLAINTEXT: at(plain), SCRAM: at(scram), MUTUAL: at(mutualTls), OAUTH: at(oauth) },
        controller: { listen: `127.0.0.1:${controller}`, voter: `127.0.0.1:${controller}` },
        dataFolder: join(folder, 'data'),
      }),
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,MUTUAL:SSL,OAUTH:SASL_SSL',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': `User:ANONYMOUS;User:${user.username};User:CN=${CLIENT}`,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': files.ca,
      'listener.name.mutual.ssl.client.auth': 'required',
      'listener.name.scram.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.scram.scram-sha-512.sasl.jaas.config': `${KAFKA_LOGIN}.scram.ScramLoginModule required;`,
      'listener.name.oauth.sasl.enabled.mechanisms': 'OAUTHBEARER',
      // kafkajs logs in again 10 s before a session ends.
      'listener.name.oauth.oauthbearer.connections.max.reauth.ms': 12_000,
      'listener.name.oauth.oauthbearer.sasl.jaas.config': `${KAFKA_LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    }),
  );
  const logins = [user, ...users.map((username) => ({ username, password: usersPassword }))];
  const format = logins.flatMap(({ username, password }) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${username},password=${password},iterations=4096]`,
  ]);
  await runBroker({ folder, config, address: `127.0.0.1:${plain}`, format });
  return {
    admin: `127.0.0.1:${plain}`,
    scram: `127.0.0.1:${scram}`,
    mutualTls: `127.0.0.1:${mutualTls}`,
    oauth: `127.0.0.1:${oauth}`,
    user,
    usersPassword,
    authority,
    files,
  };
}
