import type { Mechanism } from 'kafkajs';
import { cutAtWord } from './cut-at-word.ts';
import { ConnectError } from './errors.ts';

const SEPARATOR = '\u0001';

/**
 * A login by a bearer token (OAUTHBEARER, RFC 7628); `token` is asked for at each login. A broker that refuses a token
 * says so in an answer that looks like any other, and hangs up later; kafkajs's own login does not read it, and what is
 * seen then is "no brokers in the broker pool". This one reads it. Errors of the login: those of `token`, REFUSED.
 */
export function bearerLogin(token: () => Promise<string>): Mechanism {
  return {
    mechanism: 'OAUTHBEARER',
    authenticationProvider: ({ host, port, saslAuthenticate }) => ({
      async authenticate() {
        const value = await token();
        const answer = await saslAuthenticate({
          request: { encode: () => withLength(`n,,${SEPARATOR}auth=Bearer ${value}${SEPARATOR}${SEPARATOR}`) },
          response: { decode: (bytes) => bytes.subarray(4), parse: (bytes) => bytes.toString('utf8') },
        });
        if (answer !== undefined && answer !== '') throw refused(`${host}:${port}`, answer);
      },
    }),
  };
}

/** Text as the protocol carries it: its length in bytes, then its bytes. */
function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** `retriable` is how kafkajs asks whether trying again may help. */
const refused = (broker: string, answer: string): ConnectError =>
  Object.assign(
    new ConnectError('REFUSED', `Kafka at ${broker} refuses the login by token (${cutAtWord(answer, 200)})`, {
      details: { broker },
      hint: 'check kafka.sasl in connect.yaml, and that the identity may connect to the cluster; a token also needs a clock that is right',
    }),
    { retriable: false },
  );
