// Reads a feed of banks, as plugins of validators have it, and hands on what is final.
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createFinalBanks } from './final-banks.mjs';
import { readMarginAccount } from './margin-account.mjs';

const proto = fileURLToPath(new URL('bank-feed.proto', import.meta.url));
const { BankFeed } = loadPackageDefinition(
  loadSync(proto, { keepCase: true, longs: String, enums: String, oneofs: true }),
).perps.simulator.v1;
const DEADLINE_MS = 10_000;

/** @type {import('perps-connect').OpenFeed} */
export default function open({ connection }) {
  const { address, tls, token } = connection;
  const { ca, key, cert } = tls === true || tls === false ? {} : tls;
  const buffer = (pem) => (pem === undefined ? null : Buffer.from(pem));
  const secure = () => credentials.createSsl(buffer(ca), buffer(key), buffer(cert));
  const client = new BankFeed(address, tls === false ? credentials.createInsecure() : secure());

  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);

  /** @param {import('perps-connect').FeedRead} from */
  async function* read({ resume, signal }) {
    const call = client.Subscribe(resume === undefined ? {} : { from_slot: resume }, metadata);
    // What is cancelled says so, when nobody reads any more.
    call.on('error', () => {});
    signal.addEventListener('abort', () => call.cancel(), { once: true });
    if (signal.aborted) call.cancel();
    const banks = createFinalBanks(resume);
    try {
      for await (const message of call) {
        if (message.account != null) {
          banks.account(message.account);
          continue;
        }
        for (const bank of message.status == null ? [] : banks.status(message.status))
          if (bank.updates.length > 0) yield { updates: bank.updates.map(toUpdate) };
        yield { alive: true };
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      call.cancel();
    }
  }

  const range = (signal) =>
    new Promise((resolve, reject) => {
      const call = client.GetReplayRange({}, metadata, { deadline: Date.now() + DEADLINE_MS }, (error, reply) =>
        error === null ? resolve({ earliest: reply.earliest_slot, latest: reply.latest_slot }) : reject(error),
      );
      signal.addEventListener('abort', () => call.cancel(), { once: true });
    });

  return {
    address: `banks at ${address}`,
    read,
    replayWindow: range,
    async health(signal) {
      const { earliest, latest } = await range(signal);
      return `slots ${earliest} to ${latest} can be read again`;
    },
    close: () => client.close(),
  };
}

/** An account update by the names of the Avro schema. */
function toUpdate({ data, ...place }) {
  return { ...place, ...readMarginAccount(data) };
}
