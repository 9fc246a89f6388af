import type { Upgrade } from '../../app/upgrade.ts';

/** The files that an upgrade adds and changes; of a change each line before and after. */
export const upgradeLines = ({ files, edited }: Upgrade, withLines: boolean): string[] => [
  ...files.flatMap(({ path, origin, lines }) => [
    origin === undefined ? `~ ${path}` : `+ ${path}  ${origin}`,
    ...(withLines ? lines.flatMap(({ line, before, after }) => [`  ${line} - ${before}`, `  ${line} + ${after}`]) : []),
  ]),
  ...edited.map((path) => `! ${path}  is a migration of this package that was edited here: compare it by hand`),
];
