import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { WatchEvent } from '../../operate/watch/event.ts';
import { recordActors, type Write } from '../support/actors.ts';
import { type CliProcess, startCli, succeed } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { failTasks } from '../support/fail-tasks.ts';
import { requireDescribed } from '../support/output-schemas.ts';
import { createSinkFixture, type SinkFixture } from '../support/sink-fixture.ts';

/** A lock is forgotten 30 s after its holder's last sign of life. */
const RELIEF_MS = 60_000;

describe('whoever acts on a sink acts alone', () => {
  let sink: SinkFixture;

  beforeAll(async () => {
    sink = await createSinkFixture('oneactor');
    await sink.deploy();
    await sink.produce(100);
    await rowsAre(100);
  });
  afterAll(() => sink.test.remove());

  const rowsAre = (count: number) =>
    eventually(
      async () => expect(await sink.query('SELECT count(*) FROM positions')).toEqual([{ count: String(count) }]),
      { timeoutMs: 60_000 },
    );
  const eventsOf = ({ output }: CliProcess): WatchEvent[] =>
    output.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as WatchEvent]));
  const told = (watch: CliProcess, wanted: WatchEvent['event'], timeoutMs = 30_000, times = 1) =>
    eventually(
      () => expect(eventsOf(watch).filter(({ event }) => event === wanted).length).toBeGreaterThanOrEqual(times),
      { timeoutMs },
    );
  const start = (cwd: string, ...flags: string[]): CliProcess => {
    const args = ['watch', '--only', 'positions', '--every', '1s', '-o', 'json', ...flags];
    const watch = startCli(args, { cwd, env: sink.test.env });
    onTestFinished(() => void watch.child.kill('SIGKILL'));
    return watch;
  };
  const actorsOf = (writes: readonly Write[]) => writes.map(({ actor }) => actor);

  it('of two watches one restarts, and the other relieves it when it is frozen or killed', async () => {
    const { writes, folder } = recordActors(sink.test);
    const first = start(await folder('first'));
    await told(first, 'watch.leads');
    const second = start(await folder('second'));
    await told(second, 'watch.stands-by');

    await failTasks(sink, 50, 100);
    await rowsAre(150);
    await told(first, 'sink.restarted');
    expect(new Set(actorsOf(writes))).toEqual(new Set(['first']));

    first.child.kill('SIGSTOP');
    const frozenAt = Date.now();
    await failTasks(sink, 50, 150);
    await told(second, 'sink.restarted', RELIEF_MS);
    await rowsAre(200);
    first.child.kill('SIGCONT');
    await told(first, 'watch.stands-by');
    const since = writes.filter(({ endedAt }) => endedAt > frozenAt);
    expect(new Set(actorsOf(since))).toEqual(new Set(['second']));

    second.child.kill('SIGKILL');
    const killedAt = Date.now();
    await failTasks(sink, 50, 200);
    await told(first, 'sink.restarted', RELIEF_MS, 2);
    await rowsAre(250);
    expect(new Set(actorsOf(writes.filter(({ endedAt }) => endedAt > killedAt)))).toEqual(new Set(['first']));
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    requireDescribed(['watch', '-o', 'json'], first.output.stdout);
  }, 200_000);

  it('a watch keeps its hands off while a person pauses, deploys or quarantines', async () => {
    const { writes, folder } = recordActors(sink.test);
    const person = await folder('person');
    const watch = start(await folder('watch'));
    await told(watch, 'watch.leads', RELIEF_MS);
    const connect = (...args: string[]) =>
      succeed([...args, '--only', 'positions'], { cwd: person, env: sink.test.env });
    const alone = (from: number): void => {
      const mine = writes.slice(from).filter(({ actor }) => actor === 'person');
      const [begun, ended] = [mine[0]?.beganAt ?? 0, mine.at(-1)?.endedAt ?? 0];
      const others = writes.filter(
        ({ actor, ...write }) => actor === 'watch' && write.endedAt > begun && write.beganAt < ended,
      );
      expect(mine.length).toBeGreaterThan(0);
      expect(others).toEqual([]);
    };

    let from = writes.length;
    await connect('pause');
    await sink.produce(10, 250);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(actorsOf(writes.slice(from))).toEqual(['person']);
    await connect('resume');
    await rowsAre(260);

    for (const round of [0, 1, 2]) {
      from = writes.length;
      await failTasks(sink, 10, 260 + round * 10);
      await connect(...(round === 1 ? ['restart', '--failed'] : ['restart']));
      if (actorsOf(writes.slice(from)).includes('person')) alone(from);
      await rowsAre(270 + round * 10);
    }

    from = writes.length;
    await sink.produceBytes('poison', Buffer.from('no Avro at all'));
    await eventually(
      () => expect(eventsOf(watch).some((one) => 'incident' in one && one.incident.record !== undefined)).toBe(true),
      { timeoutMs: 30_000 },
    );
    await connect('quarantine', '--yes');
    expect(new Set(actorsOf(writes.slice(from)))).toEqual(new Set(['person']));
    const status = JSON.parse((await connect('status', '-o', 'json')).stdout);
    expect(status.streams[0].watch).toMatchObject({ owner: expect.stringContaining(`process ${watch.child.pid}`) });
    watch.child.kill('SIGTERM');
    await watch.ended;
  }, 200_000);
});
