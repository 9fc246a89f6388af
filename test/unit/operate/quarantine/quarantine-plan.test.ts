import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SinkPosition } from '../../../../connectors/sink-group.ts';
import { failuresOf } from '../../../../connectors/wait/failure.ts';
import { packageRoot } from '../../../../core/package-root.ts';
import type { Culprit } from '../../../../operate/quarantine/find-culprits.ts';
import {
  describePlan,
  planSteps,
  refuseOtherFaults,
  requireRegistry,
} from '../../../../operate/quarantine/quarantine-plan.ts';
import { createSchemaRegistry } from '../../../../schemas/registry.ts';
import { type JsonReply, serveJson } from '../../../support/json-server.ts';
import { positions as stream } from '../../../support/positions-stream.ts';

const position = (partition: number, committed: bigint | undefined): SinkPosition => ({
  partition,
  low: 10n,
  end: 1_000n,
  committed,
  lag: 1_000n - (committed ?? 10n),
});

const culprit = (partition: number, offset: bigint, kind: Culprit['kind'] = 'does-not-decode'): Culprit => ({
  record: { partition, offset, key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, timestampMs: 0 },
  kind,
  reason: 'because',
});

/** A sink whose tasks failed with these traces of a real worker. */
const failuresWith = (...traces: string[]) =>
  failuresOf(
    {
      state: 'RUNNING',
      worker: 'w',
      tasks: traces.map((name, id) => ({
        id,
        state: 'FAILED',
        worker: 'w',
        trace: readFileSync(join(packageRoot(), 'test/fixtures/traces', `${name}.txt`), 'utf8'),
      })),
    },
    stream,
  );

test('a step goes from the next offset to behind the last culprit, only in partitions that have one', () => {
  const steps = planSteps(
    [position(0, 50n), position(1, undefined), position(2, 70n)],
    [culprit(0, 60n), culprit(0, 350n), culprit(1, 10n)],
  );
  expect(steps.map(({ partition, from, to, culprits }) => [partition, from, to, culprits.length])).toEqual([
    [0, 50n, 351n, 2],
    [1, 10n, 11n, 1],
  ]);
});

test('a culprit that the sink has passed meanwhile is left alone', () => {
  expect(planSteps([position(0, 61n)], [culprit(0, 60n)])).toEqual([]);
});

test('the records in front are all of a step but its culprits', () => {
  const culprits = [culprit(0, 60n), culprit(0, 350n), culprit(1, 10n)];
  const steps = planSteps([position(0, 50n), position(1, undefined)], culprits);
  const plan = describePlan(stream, {
    failures: [],
    steps,
    search: { culprits, good: 7 },
    isResumed: false,
    effects: [],
  });
  expect(plan.before).toBe(299n);
  expect(plan.culprits.map(({ record }) => record)).toEqual(['positions-0@60', 'positions-0@350', 'positions-1@10']);
});

test('evidence says whether the failed task names the record itself', () => {
  const failures = failuresWith('value-too-long-in-a-statement');
  const culprits = [culprit(2, 1n, 'refused-by-database'), culprit(2, 9n, 'refused-by-database')];
  const steps = planSteps([{ ...position(2, 0n), low: 0n }], culprits);
  const plan = describePlan(stream, {
    failures,
    steps,
    search: { culprits, good: 0 },
    isResumed: false,
    effects: [],
  });
  expect(plan.culprits.map(({ isNamed }) => isNamed)).toEqual([true, false]);
});

test.each([
  ['registry-down', /because of the schema registry, not of a record/],
  ['database-down', /because of the database/],
  ['no-password', /because of the database/],
  ['missing-column', /because of the database/],
  ['missing-table', /because of the database/],
  ['no-unique-index', /because of the database/],
])('%s is nothing a record is moved for, whatever else failed', (trace, message) => {
  expect(() => refuseOtherFaults('positions-sink', failuresWith('no-magic-byte', trace))).toThrow(message);
});

test.each(['no-magic-byte', 'unknown-schema-id', 'truncated-value', 'value-too-long-alone', 'smallint-out-of-range'])(
  '%s may be a record’s fault',
  (trace) => {
    expect(failuresWith(trace)).toMatchObject([{ fault: 'record' }]);
    expect(() => refuseOtherFaults('positions-sink', failuresWith(trace))).not.toThrow();
  },
);

test('a registry without the stream’s own schema is not believed, one out of order is not asked twice', async () => {
  const ask = async (reply: JsonReply | undefined) => {
    const { url } = await serveJson(() => reply);
    return requireRegistry(createSchemaRegistry({ url }), stream);
  };
  await expect(ask(undefined)).rejects.toMatchObject({
    code: 'UNSAFE',
    message: expect.stringMatching(/does not have positions-value itself/),
  });
  await expect(ask({ status: 503, body: { message: 'down' } })).rejects.toMatchObject({ code: 'NOT_READY' });
  await expect(ask({ status: 200, body: { id: 1, version: 1, schema: '"string"' } })).resolves.toBeUndefined();
});
