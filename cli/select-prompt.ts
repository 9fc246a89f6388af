import { createInterface } from 'node:readline';
import type { QueryAnswer } from '../app/psql.ts';
import { ConnectError } from '../core/errors.ts';
import type { CliContext } from './context.ts';
import { table } from './format.ts';

export interface PromptOptions {
  readonly query: (sql: string) => Promise<QueryAnswer>;
  /** The one statement to run; left out: those that are typed, or piped in. */
  readonly command?: string | undefined;
}

/** Asks for statements, each up to its semicolon, and shows what they answer. `\q` or the end of the input ends it. */
export async function selectPrompt(context: CliContext, { query, command }: PromptOptions): Promise<void> {
  if (command !== undefined) return show(context, query, command, false);
  const isTyped = context.isAttended === true;
  if (isTyped)
    context.note('psql is not installed: this prompt reads only. End a statement with ;, and the prompt with \\q.');
  const lines = createInterface({
    input: process.stdin,
    output: isTyped ? context.screen.stderr : undefined,
    prompt: 'select> ',
    signal: context.signal,
  });
  let statement = '';
  if (isTyped) lines.prompt();
  for await (const line of lines) {
    if (line.trim() === '\\q') break;
    statement += `${line}\n`;
    if (line.trimEnd().endsWith(';')) {
      await show(context, query, statement, isTyped);
      statement = '';
    }
    lines.setPrompt(statement === '' ? 'select> ' : '      > ');
    if (isTyped) lines.prompt();
  }
  if (statement.trim() !== '') await show(context, query, statement, isTyped);
}

/** A wrong statement ends the command, unless somebody can type the next one. */
async function show(context: CliContext, query: PromptOptions['query'], sql: string, isTyped: boolean): Promise<void> {
  try {
    context.printText(answerLines(await query(sql)));
  } catch (error) {
    if (!isTyped) throw new ConnectError('REFUSED', `PostgreSQL refused the statement: ${(error as Error).message}`);
    context.note(`✗ ${(error as Error).message}`);
  }
}

const answerLines = ({ columns, rows }: QueryAnswer): string[] => [
  ...table([columns, ...rows.map((row) => row.map((value) => value ?? ''))]),
  `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`,
];
