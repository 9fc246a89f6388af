import type { PruneReport, RemovedPart } from '../../app/msk-prune.ts';

/** What goes, what stays and why, and how much of each quota is used. */
export function pruneLines(report: PruneReport): string[] {
  return [
    ...report.parts.map(({ kind, name, createdAt, action, reason, object }) => {
      const zip = action === 'delete' && object !== null ? `; ${object} goes as well` : '';
      return `${action === 'delete' ? '-' : '='} ${kind} ${name}  ${reason}, created ${createdAt.slice(0, 10)}${zip}`;
    }),
    ...quotaLines(report),
  ];
}

/** How much of each quota is used, and how much once everything has gone that is to go. */
export const quotaLines = ({ quotas }: PruneReport): string[] =>
  quotas.map(({ kind, used, after, limit }) => {
    const then = after === used ? '' : `, ${after} afterwards`;
    return `${kind}s: ${used} of about ${limit} used in this account and region${then}`;
  });

/** One that is gone. */
export const removedLines = ({ kind, name, object, objectKept }: RemovedPart): string[] => [
  `- ${kind} ${name}  deleted`,
  ...(objectKept === null ? [] : [`! ${object} stays: ${objectKept}`]),
];
