import { type Finding, hasErrors } from '../../pipeline/finding.ts';
import { logicalFindings } from './avro-logical-changes.ts';
import { type AvroDoc, type AvroType, describe, type EnumType, type TypeUse } from './avro-model.ts';
import { couldBeTheSame, nameFindings } from './avro-names.ts';
import { canPromote, mismatchFindings, promotionFindings } from './avro-primitives.ts';
import { recordFindings } from './avro-records.ts';
import { findingAt, type Pair, readerAndWriter, subjectOf, type Walk, whoBreaks } from './avro-walk.ts';
import type { Direction } from './level.ts';

/**
 * Avro's schema resolution in one direction, over everything the schemas hold, plus what we demand beyond it.
 * Everything wrong is found, not only the first thing.
 */
export function resolveSchemas(older: AvroDoc, newer: AvroDoc, direction: Direction): Finding[] {
  return new Resolution(older, newer, direction).resolve({ older: older.root, newer: newer.root });
}

interface Visit {
  readonly older: AvroType;
  readonly newer: AvroType;
}

class Resolution implements Walk {
  readonly older: AvroDoc;
  readonly newer: AvroDoc;
  readonly direction: Direction;
  /** Records being compared: a record that holds itself is compatible with itself unless something else is wrong. */
  readonly #underway: Visit[] = [];
  readonly #done = new Map<AvroType, Map<AvroType, Finding[]>>();
  /** The outermost record whose outcome was taken for granted since it was last reset. */
  #assumed = Number.POSITIVE_INFINITY;

  constructor(older: AvroDoc, newer: AvroDoc, direction: Direction) {
    this.older = older;
    this.newer = newer;
    this.direction = direction;
  }

  resolve(pair: Pair): Finding[] {
    const { reader, writer } = readerAndWriter(this, pair);
    if (writer.type.kind === 'union') {
      const fromUnion = reader.type.kind !== 'union';
      return writer.type.branches.flatMap((branch) => this.#branch(this.#withWriter(pair, branch), fromUnion));
    }
    if (reader.type.kind === 'union') return this.#branch(pair, false);
    return this.#plain(pair);
  }

  /** One branch of the writer, or a writer that is no union, against all the reader offers. */
  #branch(pair: Pair, fromUnion: boolean): Finding[] {
    const { reader } = readerAndWriter(this, pair);
    const offers = reader.type.kind === 'union' ? reader.type.branches : [reader];
    const candidates = offers
      .map((offer) => this.#withReader(pair, offer))
      .filter((candidate) => this.#matches(candidate));
    if (candidates.length === 0) {
      return reader.type.kind === 'union' || fromUnion ? [this.#missingBranch(pair)] : mismatchFindings(this, pair);
    }
    // The branch that reads best is the one a reader takes: exact before promoted, whole before broken.
    const outcomes = candidates.map((candidate) => this.#plain(candidate));
    const best = [...outcomes].sort((a, b) => weight(a) - weight(b))[0];
    return best ?? [];
  }

  #plain(pair: Pair): Finding[] {
    const older = pair.older.type;
    const newer = pair.newer.type;
    if (!this.#matches(pair)) {
      if ('name' in older && 'name' in newer && older.kind === newer.kind) return nameFindings(this, older, newer);
      return mismatchFindings(this, pair);
    }
    if (older.kind === 'array' && newer.kind === 'array') {
      return this.resolve({ older: older.items, newer: newer.items });
    }
    if (older.kind === 'map' && newer.kind === 'map') {
      return this.resolve({ older: older.values, newer: newer.values });
    }
    if ('name' in older && 'name' in newer) {
      const names = nameFindings(this, older, newer);
      if (names.length > 0) return names;
    }
    if (older.kind === 'record' && newer.kind === 'record') {
      return this.#once({ older, newer }, () => recordFindings(this, older, newer));
    }
    if (older.kind === 'enum' && newer.kind === 'enum') return this.#symbols(older, newer);
    if (older.kind === 'fixed' && newer.kind === 'fixed' && older.size !== newer.size) {
      return [
        findingAt(this, [...newer.at, 'size'], {
          rule: 'FIXED_SIZE_CHANGED',
          message: `${subjectOf(this, pair.newer.at)}fixed ${newer.name} has ${newer.size} bytes and had ${older.size}; ${whoBreaks(this)}`,
          remedy: 'keep the size; a new fixed needs a new name and a new optional field',
        }),
      ];
    }
    return [...promotionFindings(this, pair), ...logicalFindings(this, pair)];
  }

  /** By kind or promotion; named types by their name as well. What they hold is another question. */
  #matches(pair: Pair): boolean {
    const { reader, writer } = readerAndWriter(this, pair);
    return couldBeTheSame(this, pair) || canPromote(reader.type, writer.type);
  }

  #symbols(older: EnumType, newer: EnumType): Finding[] {
    const [reader, writer] = this.direction === 'BACKWARD' ? [newer, older] : [older, newer];
    const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
    if (unknown.length === 0 || reader.default !== undefined) return [];
    const removed = this.direction === 'BACKWARD';
    return [
      findingAt(this, [...newer.at, 'symbols'], {
        rule: removed ? 'ENUM_SYMBOL_REMOVED' : 'ENUM_SYMBOL_ADDED',
        message: `enum ${newer.name} ${removed ? 'lost' : 'gained'} ${unknown.join(', ')}; ${whoBreaks(this)} that hold it`,
        remedy: removed
          ? `keep the symbol, or give the enum a "default" that stands for what it does not know`
          : `give the enum a "default" one version before a symbol is added, or carry the word as a string`,
      }),
    ];
  }

  #missingBranch(pair: Pair): Finding {
    const removed = this.direction === 'BACKWARD';
    const { writer } = readerAndWriter(this, pair);
    const subject = subjectOf(this, pair.newer.at);
    if (writer.type.kind === 'null') {
      return findingAt(this, pair.newer.at, {
        rule: removed ? 'NULL_REMOVED' : 'NULL_ADDED',
        message: `${subject}${removed ? 'may no longer be null' : 'may now be null'}; ${whoBreaks(this)} where it is null`,
        remedy: removed
          ? 'keep it optional; let the producer refuse an update without it'
          : 'keep it required, or upgrade the consumers first',
      });
    }
    return findingAt(this, pair.newer.at, {
      rule: removed ? 'UNION_BRANCH_REMOVED' : 'UNION_BRANCH_ADDED',
      message: `${subject}${describe(writer)} ${removed ? 'is no longer allowed' : 'is now allowed'}; ${whoBreaks(this)} that hold it`,
      remedy: removed ? 'keep the branch' : 'upgrade the consumers first, or add a new optional field',
    });
  }

  #withReader(pair: Pair, reader: TypeUse): Pair {
    return this.direction === 'BACKWARD' ? { ...pair, newer: reader } : { ...pair, older: reader };
  }

  #withWriter(pair: Pair, writer: TypeUse): Pair {
    return this.direction === 'BACKWARD' ? { ...pair, older: writer } : { ...pair, newer: writer };
  }

  /**
   * Compares a pair of records once. While it is underway, the same pair within it counts as compatible; an outcome that
   * leaned on that is not kept for other places, where nothing is underway that would report it.
   */
  #once(visit: Visit, compare: () => Finding[]): Finding[] {
    const known = this.#done.get(visit.older)?.get(visit.newer);
    if (known !== undefined) return known;
    const depth = this.#underway.findIndex(({ older, newer }) => older === visit.older && newer === visit.newer);
    if (depth >= 0) {
      this.#assumed = Math.min(this.#assumed, depth);
      return [];
    }
    const outer = this.#assumed;
    this.#assumed = Number.POSITIVE_INFINITY;
    this.#underway.push(visit);
    const findings = compare();
    this.#underway.pop();
    if (this.#assumed >= this.#underway.length) {
      const row = this.#done.get(visit.older) ?? new Map<AvroType, Finding[]>();
      this.#done.set(visit.older, row.set(visit.newer, findings));
      this.#assumed = outer;
    } else {
      this.#assumed = Math.min(this.#assumed, outer);
    }
    return findings;
  }
}

/** Errors weigh more than any number of notes. */
const weight = (findings: readonly Finding[]): number => (hasErrors(findings) ? 1000 : 0) + findings.length;
