import { ConnectError } from '../../core/errors.ts';
import { type AdminSession, createAdmin, type KafkaConnection, kafkaUnreachable } from '../../core/kafka.ts';
import type { KafkaAdmin } from '../../core/kafka-admin.ts';
import { connectProducer, type KafkaProducer } from '../../core/kafka-producer.ts';
import { gatherSends } from './gather-sends.ts';

const CLIENT_ID = 'perps-connect-watch';

/** Connections to Kafka that are kept from one look to the next; one that has failed is opened anew for the next question. */
export type KeptKafka = ReturnType<typeof keepKafka>;

/** Opens nothing yet. Errors of each call: UNREACHABLE, REFUSED. */
export function keepKafka(connection: KafkaConnection) {
  let session: { readonly opened: AdminSession; readonly admin: Promise<KafkaAdmin> } | undefined;
  let producer: Promise<KafkaProducer> | undefined;

  const known = (error: unknown): unknown =>
    error instanceof ConnectError ? error : kafkaUnreachable(connection, error);

  function openAdmin(): Promise<KafkaAdmin> {
    if (session === undefined) {
      const opened = createAdmin(connection, CLIENT_ID, 1);
      session = { opened, admin: opened.connect() };
    }
    return session.admin;
  }
  function dropAdmin(): void {
    const dropped = session;
    session = undefined;
    // Not awaited: it would wait for a broker that takes connections and says nothing.
    dropped?.opened.close().catch(() => {});
  }
  function dropProducer(): void {
    const dropped = producer;
    producer = undefined;
    dropped?.then((one) => one.disconnect()).catch(() => {});
  }

  const send = gatherSends(async (request) => {
    try {
      producer ??= connectProducer(connection, { clientId: CLIENT_ID });
      return await (await producer).send(request);
    } catch (error) {
      dropProducer();
      throw known(error);
    }
  });

  return {
    connection,
    async admin<T>(task: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
      try {
        return await task(await openAdmin());
      } catch (error) {
        dropAdmin();
        throw known(error);
      }
    },
    /** Returns the record's offset once every in-sync replica has it. Those of a moment leave in one request. */
    send,
    close(): void {
      dropAdmin();
      dropProducer();
    },
  };
}
