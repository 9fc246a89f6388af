import { expect, test } from 'vitest';
import { hideSecrets } from '../../../../connectors/plan/hide-secrets.ts';
import type { Plan } from '../../../../connectors/plan/plan.ts';
import { createScrub } from '../../../../core/scrub.ts';

test('a secret is hidden by its value in whatever setting it stands; references and what is unset stay', () => {
  const reference = `\${env:PGPASSWORD}`;
  const change = (key: string, before: string | undefined, after: string | undefined) => ({
    key,
    before,
    after,
    secret: false,
  });
  const entry = {
    kind: 'connector' as const,
    name: 'positions-sink',
    action: 'update' as const,
    summary: 'update in place',
    changes: [change('some.words', 'it is h.nter$2!', undefined), change('connection.password', undefined, reference)],
    effects: [],
    ignored: [],
    notes: [],
  };
  const plan: Plan = {
    version: 1,
    environment: 'local',
    target: 'Kafka Connect at 127.0.0.1:1',
    entries: [entry],
    counts: { create: 0, update: 1, replace: 0, delete: 0 },
  };
  expect(hideSecrets(plan, createScrub(['h.nter$2!'])).entries[0]?.changes).toEqual([
    change('some.words', 'it is (secret)', undefined),
    change('connection.password', undefined, reference),
  ]);
});
