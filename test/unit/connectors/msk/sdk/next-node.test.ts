import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { NEXT_NODE } from '../../../../../connectors/msk/sdk/next-node.ts';

test('doctor tells what the installed SDK has announced of Node.js', () => {
  const ofClient = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-kafka'));
  const text = readFileSync(ofClient.resolve('@aws-sdk/core/client'), 'utf8');
  expect(text).toContain(`const vv = ${NEXT_NODE.version};`);
  expect(text).toContain(`versions published after the first week of ${NEXT_NODE.since}`);
});
