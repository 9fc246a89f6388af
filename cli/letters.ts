import { dirname } from 'node:path';
import { withPostgres } from '../core/postgres.ts';
import { boxTopic, type Letter, type LetterBox, readLetters } from '../operate/letters/letter.ts';
import { type ContentReaders, readContent } from '../operate/letters/letter-content.ts';
import { type ReplayResult, replayLetters } from '../operate/letters/replay-letters.ts';
import { readReplayed } from '../operate/letters/replay-marks.ts';
import type { ReplayParts } from '../operate/letters/replay-plan.ts';
import { groupLetters, meets, needContent, parseConditions } from '../operate/letters/select-letters.ts';
import type { SinkAction } from '../operate/settle-sink.ts';
import { createSinkRows } from '../operate/sink-rows.ts';
import { createTableReader } from '../operate/table-reader.ts';
import { projectFile } from '../pipeline/load.ts';
import { valueSubject } from '../pipeline/names.ts';
import { loadFeedService } from '../producer/feed/protocol.ts';
import { createRecordEncoder, findSchemaId } from '../producer/record/encoder.ts';
import { createRecordMapper } from '../producer/record/mapper.ts';
import { confirm } from './confirm.ts';
import type { CliContext } from './context.ts';
import type { SinkFlags, StreamFlags } from './flags.ts';
import {
  groupLines,
  letterLines,
  replayLines,
  replaySummary,
  type ShownLetter,
  shownLetter,
} from './render-letters.ts';
import { eachSink, type SelectedSinks, selectSinks } from './sink-action.ts';
import { streamParts } from './stream-parts.ts';

export interface LetterFlags extends StreamFlags {
  readonly where?: string[];
  readonly limit?: number;
}

export interface ReplayFlags extends LetterFlags, SinkFlags {
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Counts letters by cause and stage. */
export async function listLetters(context: CliContext, box: LetterBox, flags: LetterFlags): Promise<void> {
  const sinks = await selectSinks(context, { ...flags, timeout: 0 });
  const streams = await eachSink(context, sinks.actions, async (action) => {
    const letters = await selectLetters(action, box, flags, contentReaders(context, sinks, action));
    const replayed = new Set((await readReplayed(action)).keys());
    const groups = groupLetters(letters, replayed);
    const answer = { stream: action.stream.name, topic: boxTopic(action.stream, box), letters: letters.length, groups };
    if (flags.output === 'text') for (const line of groupLines(answer)) context.print(line);
    return answer;
  });
  if (flags.output === 'json') context.json({ environment: sinks.environment.name, streams });
}

/** Shows letters in full. */
export async function showLetters(context: CliContext, box: LetterBox, flags: LetterFlags): Promise<void> {
  const sinks = await selectSinks(context, { ...flags, timeout: 0 });
  const streams = await eachSink(context, sinks.actions, async (action) => {
    const readers = contentReaders(context, sinks, action);
    const letters = await selectLetters(action, box, flags, readers);
    const replayed = await readReplayed(action);
    const shown: ShownLetter[] = [];
    for (const letter of letters.slice(0, flags.limit)) {
      shown.push(shownLetter(letter, await readContent(readers, letter), replayed.get(letter.sameAs)));
    }
    if (flags.output === 'text') for (const line of shown.flatMap(letterLines)) context.print(line);
    const more = letters.length - shown.length;
    if (more > 0) context.note(`${more} more; see them with --limit or --where`);
    return { stream: action.stream.name, letters: shown, of: letters.length };
  });
  if (flags.output === 'json') context.json({ environment: sinks.environment.name, streams });
}

/** Replays letters and proves that their rows arrived; exit 1 when one did not. */
export async function replayBox(context: CliContext, box: LetterBox, flags: ReplayFlags): Promise<void> {
  const sinks = await selectSinks(context, flags);
  const streams = await eachSink(context, sinks.actions, async (action) => {
    const readers = contentReaders(context, sinks, action);
    const letters = await selectLetters(action, box, flags, readers);
    const result = await replayStream(context, sinks, action, readers, letters, flags);
    if (flags.output === 'text') for (const line of replayLines(result)) context.print(line);
    context.note(replaySummary(action.stream.name, result, flags.dryRun === true));
    if (result.arrived < result.replayed) context.setExitCode(1);
    return { stream: action.stream.name, ...result };
  });
  if (flags.output === 'json') context.json({ environment: sinks.environment.name, streams });
}

async function replayStream(
  context: CliContext,
  sinks: SelectedSinks,
  action: SinkAction,
  { decoder, service }: ContentReaders,
  letters: readonly Letter[],
  flags: ReplayFlags,
): Promise<ReplayResult> {
  const { stream } = action;
  const parts = streamParts(context, sinks, stream);
  const schemaId = await findSchemaId(parts.registry, valueSubject(stream), parts.schema.text);
  const written = parts.schema.fields.filter(({ name }) => !stream.sink.omit.includes(name));
  return withPostgres(parts.database, (client) => {
    const replayParts: ReplayParts = {
      stream,
      schema: parts.schema,
      judges: { decoder, rows: createSinkRows(client, stream, parts.schema) },
      table: createTableReader(client, stream, { ...parts.schema, fields: written }),
      service,
      mapper: createRecordMapper(parts.schema, service.enums),
      encode: createRecordEncoder(parts.schema, schemaId),
    };
    return replayLetters(action, replayParts, letters, {
      limit: flags.limit ?? Number.MAX_SAFE_INTEGER,
      again: flags.again === true,
      dryRun: flags.dryRun === true,
      agree: (count) =>
        confirm(
          context,
          `publish ${count} ${count === 1 ? 'record' : 'records'} to ${stream.topic.name} again`,
          flags.yes === true,
        ),
    });
  });
}

/** The letters that meet the conditions; read only where a condition asks for it. */
async function selectLetters(
  action: SinkAction,
  box: LetterBox,
  flags: LetterFlags,
  readers: ContentReaders,
): Promise<Letter[]> {
  const conditions = parseConditions(flags.where ?? []);
  const letters = await readLetters(action, box);
  if (!needContent(conditions)) return letters.filter((letter) => meets({ letter }, conditions));
  const selected: Letter[] = [];
  for (const letter of letters) {
    if (meets({ letter, content: await readContent(readers, letter) }, conditions)) selected.push(letter);
  }
  return selected;
}

function contentReaders(context: CliContext, sinks: SelectedSinks, { stream }: SinkAction): ContentReaders {
  const proto = projectFile(sinks.project, stream.feed.proto);
  return {
    decoder: streamParts(context, sinks, stream).decoder,
    service: loadFeedService(proto, [dirname(proto), sinks.project.root], stream.feed.service),
  };
}
