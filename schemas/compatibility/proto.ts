import { type Finding, mergeFindings, startOf } from '../../pipeline/finding.ts';
import { enumFindings } from './proto-enums.ts';
import { messageFindings } from './proto-fields.ts';
import { PEERS, type ProtoChange, protoFinding } from './proto-findings.ts';
import type { Declared, ProtoFile, ProtoSet } from './proto-model.ts';
import { reservedInUse } from './proto-reserved.ts';
import { serviceFindings } from './proto-services.ts';

/**
 * What breaks the wire or JSON between two versions of .proto files. Rules and ids are those of buf's category
 * WIRE_JSON, plus four of its category PACKAGE (deleted messages, enumerations, services and calls) and one of ours
 * (RESERVED_IN_USE). Types are matched by full name, so they may move between files; files are matched by path, so that
 * a changed package is reported once. Where one edit breaks two of buf's rules by the same cause (a new name also changes
 * the JSON name), it is reported once. Extensions, which proto3 lacks, are not compared.
 */
export function checkProtoCompatibility(older: ProtoSet, newer: ProtoSet): Finding[] {
  const renamed = packageChanges(older, newer);
  const change: ProtoChange = { older, newer, newName: (name) => newNameOf(name, older, renamed) };
  const findings: Finding[] = [...fileFindings(change), ...reservedInUse(change, newer)];
  const compare = <T extends Declared>(
    kind: 'MESSAGE' | 'ENUM' | 'SERVICE',
    before: ReadonlyMap<string, T>,
    after: ReadonlyMap<string, T>,
    rules: (change: ProtoChange, older: T, newer: T) => Finding[],
  ): void => {
    for (const item of before.values()) {
      const match = after.get(change.newName(item.name));
      findings.push(...(match === undefined ? [deleted(change, kind, item)] : rules(change, item, match)));
    }
  };
  compare('MESSAGE', older.messages, newer.messages, messageFindings);
  compare('ENUM', older.enums, newer.enums, enumFindings);
  compare('SERVICE', older.services, newer.services, serviceFindings);
  return mergeFindings(findings);
}

/** Files that kept their path and changed their package. */
function packageChanges(older: ProtoSet, newer: ProtoSet): ReadonlyMap<string, ProtoFile> {
  const changes = new Map<string, ProtoFile>();
  for (const [path, file] of newer.files) {
    const before = older.files.get(path);
    if (before !== undefined && before.package !== file.package) changes.set(path, file);
  }
  return changes;
}

function newNameOf(name: string, older: ProtoSet, renamed: ReadonlyMap<string, ProtoFile>): string {
  const path = (older.messages.get(name) ?? older.enums.get(name) ?? older.services.get(name))?.place.file;
  const before = path === undefined ? undefined : older.files.get(path);
  const after = path === undefined ? undefined : renamed.get(path);
  if (before === undefined || after === undefined) return name;
  const local = before.package === '' ? name : name.slice(before.package.length + 1);
  return after.package === '' ? local : `${after.package}.${local}`;
}

function fileFindings(change: ProtoChange): Finding[] {
  const findings: Finding[] = [];
  for (const [path, newer] of change.newer.files) {
    const older = change.older.files.get(path);
    if (older === undefined) continue;
    if (older.package !== newer.package) {
      findings.push(
        protoFinding(
          change,
          'FILE_SAME_PACKAGE',
          { place: newer.packagePlace },
          {
            path: newer.package,
            message: `package ${newer.package || '(none)'} was ${older.package || '(none)'}; the names of all services change with it, so producers that still call the old ones get UNIMPLEMENTED`,
            remedy: 'keep the package; a new version of the contract is a new file with a package of its own',
          },
        ),
      );
    }
    if (older.syntax !== 'proto2' && newer.syntax === 'proto2') findings.push(...lostJsonFormat(change, older, newer));
  }
  return findings;
}

/** proto2 promises no JSON format. */
function lostJsonFormat(change: ProtoChange, older: ProtoFile, newer: ProtoFile): Finding[] {
  const holds = (items: ReadonlyMap<string, Declared>): boolean =>
    [...items.values()].some(({ place }) => place.file === newer.path);
  const kinds = [...(holds(change.newer.messages) ? ['MESSAGE'] : []), ...(holds(change.newer.enums) ? ['ENUM'] : [])];
  return kinds.map((kind) =>
    protoFinding(
      change,
      `${kind}_SAME_JSON_FORMAT`,
      { place: newer.syntaxPlace },
      {
        path: newer.path,
        message: `syntax ${newer.syntax} was ${older.syntax}; in proto2 JSON is best effort only, presence and open enumerations differ as well`,
        remedy: `keep syntax = "${older.syntax}"`,
      },
    ),
  );
}

function deleted(change: ProtoChange, kind: 'MESSAGE' | 'ENUM' | 'SERVICE', item: Declared): Finding {
  // Nothing of it is left to point at but what it stood in, or the place where that was.
  const around = change.newer.messages.get(change.newName(item.name.slice(0, Math.max(0, item.name.lastIndexOf('.')))));
  const { file } = item.place;
  const place = around?.place ?? change.newer.files.get(file)?.packagePlace ?? startOf(file);
  return protoFinding(
    change,
    `PACKAGE_${kind}_NO_DELETE`,
    { place },
    {
      path: item.name,
      message: `${kind.toLowerCase()} ${item.name} is gone; ${PEERS} no longer understand each other where it was used`,
      remedy: 'keep it with `option deprecated = true;`',
    },
  );
}
