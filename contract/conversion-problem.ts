import type { FieldMapping } from '../pipeline/feed.ts';
import { avroText } from './avro-text.ts';
import type { FeedField } from './feed.ts';
import { scalarType } from './mapped-fields.ts';
import type { PlacedField } from './placed-schema.ts';

/** What is wrong with a conversion, where in its entry, and what to do. */
interface ConversionProblem {
  readonly message: string;
  readonly remedy: string;
  /** Below the conversion's key. */
  readonly step?: readonly string[];
}

const WHOLE = /^(s?fixed|u?int|sint)(32|64)$/;
const isWhole = (source: FeedField): boolean => isSingle(source) && WHOLE.test(scalarType(source));
const isSingle = ({ cardinality }: FeedField): boolean => cardinality === 'single' || cardinality === 'required';
const isTime = ({ kind }: PlacedField): boolean => kind.startsWith('timestamp');

/** Why a mapping's conversion cannot be made; undefined when it can. `resolve` finds other fields of the update. */
export function conversionProblem(
  source: FeedField,
  field: PlacedField,
  mapping: FieldMapping,
  resolve: (path: string) => FeedField | undefined,
): ConversionProblem | undefined {
  const { scale, exponent, unit, text, words } = mapping;
  if (words !== undefined) return wordProblem(source, field, words);
  if (text !== undefined) return textProblem(source, field, text);
  if (unit !== undefined) return unitProblem(source, field);
  const carried = typeof scale === 'string' ? scale : exponent;
  if (!isWhole(source)) {
    return {
      message: `${typeOf(source)} is no whole number, and only those are scaled`,
      remedy: 'remove the conversion; an amount that is text has its point already',
    };
  }
  if (field.kind !== 'decimal') {
    return {
      message: `a scaled integer becomes a decimal, not ${avroText(field)}`,
      remedy: `make ${field.name} a decimal, or remove the conversion`,
    };
  }
  if (typeof scale === 'number' && scale > (field.scale ?? 0)) {
    return {
      message: `its ${scale} fraction digits do not fit ${avroText(field)}, and nothing is rounded`,
      remedy: `give ${field.name} a scale of ${scale} in the Avro schema and in the table`,
    };
  }
  const power = carried === undefined ? undefined : resolve(carried);
  if (power !== undefined && !isWhole(power)) {
    return {
      message: `${carried} is ${typeOf(power)}, not a whole number`,
      remedy: 'name the field that holds the power of ten',
    };
  }
  return undefined;
}

function unitProblem(source: FeedField, field: PlacedField): ConversionProblem | undefined {
  if (source.type === 'google.protobuf.Timestamp') {
    return { message: 'a Timestamp knows its unit', remedy: 'remove `unit`' };
  }
  const isDuration = source.type === 'google.protobuf.Duration' && isSingle(source);
  if (isDuration && field.kind === 'long') return undefined;
  if (isDuration) {
    return {
      message: `a Duration in units becomes a long, not ${avroText(field)}`,
      remedy: `make ${field.name} a long; or a decimal of seconds, without \`unit\``,
    };
  }
  if (!isWhole(source)) return { message: `${typeOf(source)} is no whole number of units`, remedy: 'remove `unit`' };
  if (isTime(field)) return undefined;
  return {
    message: `a count since 1970 becomes a time, not ${avroText(field)}`,
    remedy: `make ${field.name} a timestamp-millis or timestamp-micros, or remove \`unit\``,
  };
}

function textProblem(source: FeedField, field: PlacedField, form: string): ConversionProblem | undefined {
  const isText = field.kind === 'string' && field.allowed === undefined;
  if (!isText && !(form === 'json' && field.kind === 'json')) {
    return {
      message: `${form} is text, and ${field.name} is ${avroText(field)}`,
      remedy: `make ${field.name} a string${form === 'json' ? ', or JSON for jsonb (docs/types.md)' : ''}`,
    };
  }
  const isComposite = !isSingle(source) || source.isMessage;
  if (form === 'json') {
    if (isComposite) return undefined;
    return {
      message: `${typeOf(source)} is neither a message nor a list`,
      remedy: 'remove `text: json`: the value goes as it is',
    };
  }
  if (!isComposite && source.type === 'bytes') return undefined;
  return {
    message: `${typeOf(source)} is not bytes, and only those are written as ${form}`,
    remedy: 'remove the conversion',
  };
}

function wordProblem(
  source: FeedField,
  field: PlacedField,
  words: Readonly<Record<string, string>>,
): ConversionProblem | undefined {
  if (field.kind !== 'string' && field.kind !== 'enum') {
    return {
      message: `a word is text, and ${field.name} is ${avroText(field)}`,
      remedy: `make ${field.name} a string or an enum`,
    };
  }
  if (!isSingle(source) || (source.enum === undefined && source.type !== 'string')) {
    return { message: `${typeOf(source)} is neither an enum nor text`, remedy: 'remove `words`' };
  }
  const { allowed, maxLength } = field;
  for (const [name, word] of Object.entries(words)) {
    if (source.enum?.values.every((value) => value.name !== name)) {
      return {
        message: `${name} is no value of ${source.type}`,
        remedy: `values: ${source.enum.values.map((value) => value.name).join(', ')}`,
        step: [name],
      };
    }
    if (allowed !== undefined && !allowed.includes(word)) {
      return {
        message: `"${word}" is none of the allowed words ${allowed.join(', ')}`,
        remedy: `add it to "allowed" of ${field.name}, or write one of them`,
        step: [name],
      };
    }
    if (maxLength !== undefined && [...word].length > maxLength) {
      return {
        message: `"${word}" is longer than ${maxLength} characters`,
        remedy: 'choose a shorter word',
        step: [name],
      };
    }
  }
  const wordless = source.enum?.values.find(({ name, number }) => number !== 0 && !Object.hasOwn(words, name));
  if (wordless === undefined) return undefined;
  return {
    message: `${wordless.name} of ${source.type} has no word`,
    remedy: `add ${wordless.name} to \`words\`: an update with it would be refused`,
  };
}

const typeOf = ({ type, cardinality }: FeedField): string =>
  cardinality === 'single' ? type : `${cardinality} ${type}`;
