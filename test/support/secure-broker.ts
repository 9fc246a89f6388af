import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { propertiesText } from '../../core/properties.ts';
import { brokerSettings } from '../../stack/settings/broker.ts';
import { freePorts } from './free-ports.ts';
import { runBroker } from './run-broker.ts';
import { scratchFolder } from './scratch.ts';

/** A broker that lets nobody in without TLS; each listener wants a login of its own kind. */
export interface SecureBroker {
  /** host:port that wants a SCRAM-SHA-512 login. */
  readonly scram: string;
  /** host:port that wants a client certificate. */
  readonly mutualTls: string;
  /** host:port that wants OAUTHBEARER, anew every 12 s; it takes JSON web tokens without a signature. */
  readonly oauth: string;
  readonly user: { readonly username: string; readonly password: string };
  /** Files: the authority that vouches for the broker, and a client's certificate and key. */
  readonly files: { readonly ca: string; readonly certificate: string; readonly key: string };
}

const KAFKA_LOGIN = 'org.apache.kafka.common.security';

/** Starts one on free ports; it ends with the test. */
export async function startSecureBroker(): Promise<SecureBroker> {
  const folder = scratchFolder();
  const files = await writeCertificates(folder);
  const user = { username: 'perps', password: 'correct horse' };
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
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(folder, 'broker.pem'),
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
  const addScram = `SCRAM-SHA-512=[name=${user.username},password=${user.password},iterations=4096]`;
  await runBroker({ folder, config, address: `127.0.0.1:${plain}`, format: ['--add-scram', addScram] });
  return {
    scram: `127.0.0.1:${scram}`,
    mutualTls: `127.0.0.1:${mutualTls}`,
    oauth: `127.0.0.1:${oauth}`,
    user,
    files,
  };
}

async function writeCertificates(folder: string): Promise<SecureBroker['files']> {
  const name = (value: string) => [{ name: 'commonName', value }];
  const common = { keyType: 'ec', algorithm: 'sha256' } as const;
  const ca = await generate(name('perps test authority'), {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const signed = { ...common, ca: { key: ca.private, cert: ca.cert } };
  const broker = await generate(name('localhost'), signed);
  const client = await generate(name('perps-client'), signed);
  const write = (file: string, text: string) => {
    writeFileSync(join(folder, file), text);
    return join(folder, file);
  };
  write('broker.pem', `${broker.private}\n${broker.cert}\n`);
  return {
    ca: write('ca.pem', ca.cert),
    certificate: write('client.pem', client.cert),
    key: write('client.key', client.private),
  };
}
