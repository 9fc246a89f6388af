import type { DescribedMethod } from '../../../producer/feed/inspect/catalog.ts';
import type { DraftField } from './draft-types.ts';

/** The Avro schema of a stream's records: one field a line. */
export function avroText(name: string, { service, method }: DescribedMethod, fields: readonly DraftField[]): string {
  const pascal = name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  const lines = fields.map(({ path, to, type, nullable, limits, note }) => {
    const doc = `${path} of the feed${note === undefined ? '' : `: ${note}`}.`;
    return `    ${spaced({ name: to, type: nullable ? ['null', type] : type, ...limits, doc })}`;
  });
  return `{
  "type": "record",
  "name": "${pascal}",
  "namespace": "feeds.${name}",
  "doc": "One update of ${service}/${method}. Field names are the columns of the table.",
  "fields": [
${lines.join(',\n')}
  ]
}
`;
}

/** JSON on one line, with the blanks that a person writes. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${spaced(one)}`)
    .join(', ')} }`;
}
