import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../../core/package-root.ts';
import { leafCommands } from '../../support/command-tree.ts';

const textOf = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');
const page = textOf('docs/on-call.md');
const headings = [...page.matchAll(/^##+ ([a-z-]+)$/gm)].map(([, name = '']) => name);

const kinds = [
  ...(textOf('operate/watch/incident.ts').split('export type Severity')[0] ?? '').matchAll(/^ {2}\| '([a-z-]+)'/gm),
].map(([, kind = '']) => kind);
const { groups } = parse(textOf('docker/observability/alerts.yml')) as {
  groups: { rules: { alert: string; annotations: { runbook_url: string } }[] }[];
};
const alerts = groups.flatMap(({ rules }) => rules);

describe('the page for on-call', () => {
  it('has a part for each kind of incident', () => {
    expect(kinds.length).toBeGreaterThan(14);
    expect(kinds.filter((kind) => !headings.includes(kind))).toEqual([]);
  });

  it('has the part that each alert leads to, and names the alert', () => {
    expect(alerts.length).toBeGreaterThan(11);
    const lost = alerts.filter(
      ({ alert, annotations }) =>
        !headings.includes(annotations.runbook_url.replace('docs/on-call.md#', '')) || !page.includes(`\`${alert}\``),
    );
    expect(lost).toEqual([]);
  });

  it('says the same five things in each part', () => {
    const parts = page.split(/^##+ /m).filter((part) => kinds.includes(part.split('\n')[0] ?? ''));
    const lacking = parts.filter(
      (part) => !['Means', 'Watch', 'Look', 'Do', 'Over'].every((word) => part.includes(`- **${word}** `)),
    );
    expect(lacking.map((part) => part.split('\n')[0])).toEqual([]);
  });
});

describe('the examples of docs/running.md', () => {
  const running = textOf('docs/running.md');
  const services = [...running.matchAll(/^ +command: \[(.*)\]$/gm)].map(([, words = '']) =>
    words.replaceAll(/["',]/g, ''),
  );
  const units = [...running.matchAll(/(?:connect\.mjs|&& connect) (.*)$/gm)].map(([, words = '']) => words);

  it.each([...units, ...services])('%s has flags that there are', (line) => {
    const [name = '', ...words] = line.split(' ');
    const command = leafCommands().find(({ path }) => path.join(' ') === name)?.command;
    const known = command?.options.flatMap(({ short, long }) => [short, long]) ?? [];
    expect(words.filter((word) => word.startsWith('-') && !known.includes(word))).toEqual([]);
    expect(known).toContain('--env');
  });

  it('are several', () => {
    expect(units.length + services.length).toBeGreaterThan(3);
  });

  it('have units of systemd whose settings stand once and in a section', () => {
    const files = [...running.matchAll(/```ini\n(.*?)```/gs)].map(([, body = '']) => body);
    expect(files).toHaveLength(2);
    for (const file of files) {
      const settings = [...file.matchAll(/^(\w+)=/gm)].map(([, name]) => name).filter((name) => name !== 'After');
      expect(settings.filter((name, index) => settings.indexOf(name) !== index)).toEqual([]);
      expect(file).toMatch(/\[Unit\][^[]*\[Service\][^[]*\[Install\]/);
    }
  });
});
