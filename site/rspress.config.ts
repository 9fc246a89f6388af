import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { defineConfig } from '@rspress/core';

const docs = resolve(import.meta.dirname, '../docs');
const repository = resolve(docs, '..');

/** Where the files of this repository can be read, with a slash at its end; without it links to them stay text. */
const source = process.env.DOCS_SOURCE_URL;

interface Node {
  type: string;
  url?: string;
  children?: Node[];
}

/** A link to a file outside of `docs/` leads to the repository. */
const outsideLinks = () => (tree: Node, file: { readonly path: string }) => {
  const visit = (node: Node): void => {
    if (node.type === 'link' && node.url !== undefined && !/^[a-z]+:|^#/.test(node.url)) {
      const target = resolve(dirname(file.path), node.url.replace(/#.*/, ''));
      const isOutside = relative(docs, target).startsWith('..');
      if (isOutside && existsSync(target)) {
        if (source === undefined) Object.assign(node, { type: 'emphasis', url: undefined });
        else node.url = new URL(relative(repository, target), source).href;
      }
    }
    node.children?.forEach(visit);
  };
  visit(tree);
};

/** Each page under its own heading. */
const pages = (...names: readonly string[]) =>
  names.map((name) => {
    const [, text = name] = /^# (.+)$/m.exec(readFileSync(resolve(docs, `${name}.md`), 'utf8')) ?? [];
    return { text, link: `/${name === 'index' ? '' : name}` };
  });

export default defineConfig({
  root: docs,
  outDir: 'dist',
  title: 'perps-connect',
  description: 'Perpetual-futures positions from gRPC to PostgreSQL as code',
  // Markdown for programs that read: llms.txt, llms-full.txt, and each page as .md.
  llms: true,
  // What leads out of docs/ is no page; a unit test of the repository follows those links.
  markdown: {
    remarkPlugins: [outsideLinks],
    link: { checkDeadLinks: { excludes: (url: string) => url.startsWith('../') }, checkAnchors: true },
  },
  themeConfig: {
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      {
        text: 'How-to',
        link: '/tasks',
        activeMatch:
          '/(tasks|configuration|transport|database-rights|deploy|upgrade|operations|partitions|second-store|scale|on-call|troubleshooting|running|docker|msk|metrics|api|tuning)$',
      },
      {
        text: 'Reference',
        link: '/reference/commands',
        activeMatch: '/reference/|/(types|contract-rules|output|tables)$',
      },
      {
        text: 'Explanation',
        link: '/guarantees',
        activeMatch: '/(guarantees|architecture|faults|glossary)$|/decisions/',
      },
    ],
    sidebar: {
      '/': [
        { text: 'Start', items: pages('index', 'tutorial', 'inspect') },
        {
          text: 'How-to',
          items: pages(
            'tasks',
            'configuration',
            'adapters',
            'feeds',
            'transport',
            'database-rights',
            'deploy',
            'upgrade',
            'operations',
            'partitions',
            'second-store',
            'on-call',
            'troubleshooting',
            'running',
            'docker',
            'msk',
            'metrics',
            'api',
            'tuning',
            'scale',
          ),
        },
        {
          text: 'Reference',
          items: pages(
            'reference/commands',
            'reference/connect-yaml',
            'reference/definitions',
            'types',
            'contract-rules',
            'output',
            'tables',
            'reference/error-codes',
            'reference/json-output',
          ),
        },
        { text: 'Explanation', items: pages('guarantees', 'architecture', 'faults', 'glossary', 'decisions/README') },
        { text: 'For contributors', items: pages('testing', 'releasing') },
      ],
    },
  },
});
