import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');

/** Documents for people who use or change this package. The changelog is none: it names files of earlier versions. */
const documents = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

/** `[text](target)`, with an anchor or without; addresses of other sites are left out. */
const linksIn = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));

/** The anchors of a document's headings, as web sites that show Markdown make them. */
const anchorsIn = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

function linkLeadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : join(dirname(document), path);
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || anchorsIn(textOf(target)).includes(anchor);
}

const ROOMS = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$)/.test(entry.name))
  .map(({ name }) => name);

/** Names that stand for many files, or for files that a reader will have: `connectors/<stream>.yaml`, `NNNN_what.sql`. */
const IS_PATTERN = /[<>…]|[A-Z]{4}_/;

/**
 * Files and folders that a document names: whatever begins with a folder of this repository, in a picture too, and what
 * stands in backticks and looks like a path. `{a,b}.ts` names two files.
 */
function pathsIn(text: string): string[] {
  const ticked = [...text.matchAll(/`([\w.@-]+(?:\/[\w.*<>…{},@-]+)*\/(?:[\w.*<>…{},@-]+\.\w+)?)`/g)];
  const named = [
    ...text.matchAll(new RegExp(`(?<![\\w./@-])((?:${ROOMS.join('|')})/[\\w./*<>…{},@-]*\\w\\.\\w+)`, 'g')),
  ];
  return [...new Set([...ticked, ...named].map(([, path = '']) => path))]
    .filter((path) => !IS_PATTERN.test(path))
    .flatMap(alternatives);
}

function alternatives(path: string): string[] {
  const [whole, words] = /\{([^}]*)\}/.exec(path) ?? [];
  if (whole === undefined || words === undefined) return [path];
  return words.split(',').flatMap((word) => alternatives(path.replace(whole, word)));
}

/** Beside the document, or from the root; `*` in a name stands for any text. */
const exists = (document: string, path: string): boolean =>
  [root, join(root, dirname(document))].some((folder) => {
    const [place, name] = [join(folder, dirname(path)), basename(path)];
    if (!name.includes('*')) return existsSync(join(place, name));
    const pattern = new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
    return existsSync(place) && readdirSync(place).some((entry) => pattern.test(entry));
  });

/** What a program makes when it runs; no checkout has it. */
const MADE_LATER = /^(?:dist|\.connect|~)\//;

/** Pages that name files of the reader's own project. */
const OF_READERS = /^docs\/(?:reference\/|tutorial|second-store)/;

describe.each(documents)('%s', (document) => {
  const text = textOf(document);

  it('links only to what is there', () => {
    expect(linksIn(text).filter((link) => !linkLeadsSomewhere(document, link))).toEqual([]);
  });

  it('names only files and folders that are there', () => {
    const named = OF_READERS.test(document) ? [] : pathsIn(text);
    const gone = named.filter((path) => !MADE_LATER.test(path) && !exists(document, path));
    expect(gone).toEqual([]);
  });
});
