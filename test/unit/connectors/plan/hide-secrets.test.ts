import { expect, test } from 'vitest';
import { hideSecrets } from '../../../../connectors/plan/entry.ts';
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
  expect(hideSecrets([entry], createScrub(['h.nter$2!']))[0]?.changes).toEqual([
    change('some.words', 'it is (secret)', undefined),
    change('connection.password', undefined, reference),
  ]);
});
