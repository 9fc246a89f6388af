import type { FeedCatalog } from './catalog.ts';

/** The shortest name by which a scope means a type: proto looks for a name's first part from the innermost scope outwards. */
export function nameIn({ types, files }: FeedCatalog, type: string, scope: string): string {
  const packages = [...files.values()].map((file) => file.package ?? '');
  const isKnown = (name: string): boolean =>
    types.has(name) ||
    packages.some((one) => one === name || one.startsWith(`${name}.`)) ||
    type.startsWith(`${name}.`);
  const meaning = (name: string): string => {
    const [first = ''] = name.split('.');
    for (let outer = scope; ; outer = outer.slice(0, Math.max(0, outer.lastIndexOf('.')))) {
      const prefix = outer === '' ? '' : `${outer}.`;
      if (isKnown(`${prefix}${first}`)) return `${prefix}${name}`;
      if (outer === '') return name;
    }
  };
  const parts = type.split('.');
  const names = parts.map((_, index) => parts.slice(parts.length - 1 - index).join('.'));
  return names.find((name) => meaning(name) === type) ?? `.${type}`;
}
