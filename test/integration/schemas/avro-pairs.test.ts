import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { ConnectError } from '../../../core/errors.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { avroPairs } from '../../fixtures/avro-pairs/pairs.ts';

const run = randomBytes(4).toString('hex');
const registry = createSchemaRegistry({ url: `http://127.0.0.1:${inject('stackPorts').registry}/apis/ccompat/v7` });

/** What the registry says of the newer schema, where only the older one is registered. */
async function verdict(subject: string, level: 'BACKWARD' | 'FORWARD', newer: string): Promise<boolean | undefined> {
  await registry.setCompatibility(subject, level);
  try {
    return (await registry.check(subject, newer))?.compatible;
  } catch (error) {
    // 422: the two schemas cannot even be compared, as with an alias that names two fields.
    if (error instanceof ConnectError && error.details.status === 422) return false;
    throw error;
  }
}

describe('the registry’s own verdict', () => {
  it.for(avroPairs.map((pair, index) => ({ ...pair, subject: `pairs-${run}-${index}` })))(
    '$name: agrees, or its difference is written down',
    async ({ older, newer, backward, forward, registry: difference, subject }) => {
      // The stack's own default level is NONE, so any first version passes.
      await registry.register(subject, JSON.stringify(older));
      const theirs = {
        backward: await verdict(subject, 'BACKWARD', JSON.stringify(newer)),
        forward: await verdict(subject, 'FORWARD', JSON.stringify(newer)),
      };
      const ours = { backward: backward.length === 0, forward: forward.length === 0 };
      expect(theirs).toEqual({
        backward: ours.backward !== (difference?.backward !== undefined),
        forward: ours.forward !== (difference?.forward !== undefined),
      });
    },
  );
});
