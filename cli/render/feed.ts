import type { FeedCatalog } from '../../app/inspect-feed.ts';
import { table } from '../format.ts';

/** A table of what a feed serves. */
export const methodLines = (methods: FeedCatalog['methods']): string[] =>
  methods.length === 0
    ? ['no service']
    : table([
        ['METHOD', 'KIND', 'REQUEST', 'ANSWER'],
        ...methods.map(({ service, method, kind, request, answer }) => [`${service}/${method}`, kind, request, answer]),
      ]);
