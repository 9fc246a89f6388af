import type { PositionDefinition } from '../../../pipeline/feed.ts';
import { bare, type DescribedMethod, type FeedCatalog } from '../../../producer/feed/inspect/catalog.ts';
import { SCALARS } from '../../../producer/feed/inspect/field-shape.ts';
import type { DraftField, FieldsDraft } from './draft-types.ts';
import type { UpdatePlace } from './feed-places.ts';

/** Of a method that answers once. */
const POLL_SECONDS = 2;

interface FeedTextOptions {
  /** Path of the proto in the project. */
  readonly proto: string;
  readonly catalog: FeedCatalog;
  readonly method: DescribedMethod;
  readonly place: UpdatePlace;
  readonly position: PositionDefinition;
  /** Somebody has chosen it. */
  readonly isPositionSaid: boolean;
  readonly draft: FieldsDraft;
}

/** The entries of `feed` in a definition, with a comment at what was chosen for want of an answer. */
export function feedText({ proto, catalog, method, place, position, isPositionSaid, draft }: FeedTextOptions): string {
  const asked = (catalog.types.get(method.request)?.message?.field ?? []).map(
    (field) => `${field.name} ${SCALARS[field.type ?? 0] ?? bare(field.typeName)}`,
  );
  const plain = draft.fields.filter(
    ({ path, to, mapping, note }) => path === to && isEmpty(mapping) && note !== undefined,
  );
  const entries = draft.fields.filter(({ path, to, mapping }) => path !== to || !isEmpty(mapping));
  const ignored = draft.ignored.filter(({ isLeftOut }) => isLeftOut !== true);
  const lines = [
    `proto: ${proto}`,
    `service: ${method.service}`,
    `method: ${method.method}`,
    ...(method.kind === 'unary'
      ? [
          comment('It answers once: asked again at once after something new, else after so long.'),
          `pollSeconds: ${POLL_SECONDS}`,
        ]
      : []),
    ...(asked.length > 0
      ? [comment(`What may be asked for, by \`request: { NAME: VALUE }\`: ${asked.join(', ')}.`)]
      : []),
    ...(place.note === undefined ? [] : [comment(`${place.path} is ${place.note}.`)]),
    ...(place.path === undefined ? [] : [`update: ${place.path}`]),
    ...(place.leave.length > 0
      ? [comment('Other messages of the stream, which are left out.'), `leave: [${place.leave.join(', ')}]`]
      : []),
    ...(isPositionSaid
      ? []
      : [
          comment(
            'Nobody said how the feed is resumed: what is sent while nobody reads is lost, and told as a gap. Else: slot or cursor.',
          ),
        ]),
    `position: { ${Object.entries(position)
      .map(([key, value]) => `${key}: ${value}`)
      .join(', ')} }`,
    ...plain.map(({ path, note }) => comment(`${path}: ${note}.`)),
    ...(entries.some(({ mapping }) => mapping.absent !== undefined)
      ? [
          comment(
            '`absent: zero`: this feed sends neither 0 nor false, nor the first word of an enum; left out, they are meant.',
          ),
        ]
      : []),
    ...(entries.length > 0 ? ['fields:'] : []),
    ...entries.flatMap((field) => [
      ...(field.note === undefined ? [] : [`  ${comment(`${field.note}.`)}`]),
      `  ${word(field.path)}: ${entryText(field)}`,
    ]),
    ...draft.ignored.map(({ path, why }) => comment(`${path}: ${why}.`)),
    ...(ignored.length > 0 ? [`ignore: [${ignored.map(({ path }) => word(path)).join(', ')}]`] : []),
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}

const isEmpty = (mapping: object): boolean => Object.keys(mapping).length === 0;
const comment = (text: string): string => `# ${text}`;

function entryText({ to, mapping }: DraftField): string {
  if (isEmpty(mapping)) return to;
  const parts = Object.entries(mapping).map(([key, value]) => `${key}: ${valueText(value)}`);
  return `{ to: ${to}, ${parts.join(', ')} }`;
}

function valueText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, text]) => `${word(name)}: ${word(String(text))}`)
    .join(', ')} }`;
}

/** A word that YAML reads as text. */
const word = (text: string): string =>
  /^(true|false|null|yes|no|on|off|y|n|~|[\d.].*)$/i.test(text) ? `"${text}"` : text;
