import { expect, test } from 'vitest';
import { capturedContext } from '../../support/captured-context.ts';

const RED = '\u001b[31m';
const lines = ['✗ positions-sink  FAILED', '  + connector a', '      ~ batch.size', '= subject b', 'plain'];

function printed(options: Parameters<typeof capturedContext>[0]): string {
  const { context, said } = capturedContext(options);
  for (const line of lines) context.print(line);
  return said.stdout;
}

test('states are coloured on a terminal, and nothing else', () => {
  const text = printed({ isTty: true });
  expect(text).toContain(`${RED}✗\u001b[39m positions-sink  ${RED}FAILED\u001b[39m`);
  expect(text).toContain('  \u001b[32m+\u001b[39m connector a');
  expect(text).toContain('      \u001b[33m~\u001b[39m batch.size');
  expect(text).toContain('\n= subject b\nplain\n');
});

test.each([
  ['without a terminal', {}],
  ['with NO_COLOR', { isTty: true, env: { NO_COLOR: '1' } }],
])('nothing is coloured %s', (_what, options) => {
  expect(printed(options)).toBe(`${lines.join('\n')}\n`);
});

test('a secret is hidden although a colour would take it apart', () => {
  const { context, said } = capturedContext({ isTty: true, env: { AWS_SECRET_ACCESS_KEY: 'pre-FAILED-post' } });
  context.print('key pre-FAILED-post');
  context.note('key pre-FAILED-post');
  expect(said.stdout + said.stderr).not.toMatch(/pre-|-post/);
});
