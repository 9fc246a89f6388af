import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');

/** What the first column of a section's table quotes, as far as it is a sentence and no name. */
const quotedIn = (file: string, heading: string): string[] => {
  const [, section = ''] = readFileSync(join(root, file), 'utf8').split(`\n## ${heading}\n`);
  return (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+ [^`]+)`/g)])
    .map(([, message = '']) => message);
};

/** Texts of this package, and stack traces as workers wrote them. */
const texts = [
  'core',
  'pipeline',
  'schemas',
  'producer',
  'connectors',
  'operate',
  'stack',
  'app',
  'test/fixtures/traces',
]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|txt)$/.test(name))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  )
  .join('\n');

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe.each([
  ['docs/troubleshooting.md', 'What messages mean'],
  ['docs/msk.md', 'First failures'],
])('the messages that %s explains', (file, heading) => {
  const messages = quotedIn(file, heading);

  it('are some', () => expect(messages.length).toBeGreaterThan(8));

  it.each(messages)('%s is one that people can see', (message) => {
    expect(texts).toMatch(new RegExp(message.split('…').map(escaped).join('.*')));
  });
});
