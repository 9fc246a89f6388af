import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { cutAtWord } from '../core/cut-at-word.ts';

/** In bytes; 0 when there is no such file. */
export const fileSize = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** The end of a text file, at most `maxBytes`; empty when there is none. */
export function readEnd(file: string, maxBytes: number): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(descriptor);
    const length = Math.min(size, maxBytes);
    const buffer = Buffer.alloc(length);
    readSync(descriptor, buffer, 0, length, size - length);
    const text = buffer.toString('utf8');
    return size > length ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    closeSync(descriptor);
  }
}

const PROBLEM = /\b(ERROR|FATAL|PANIC|SEVERE|WARN(ING)?)\b|Exception|^Caused by|^Error|could not|cannot/i;
const STACK_FRAME = /^\s+(at |\.\.\. \d+ (more|common))/;

/**
 * The lines of a log that say what went wrong: errors and causes without their stack frames. Of a chain of causes
 * the last stays, for it is the root. When nothing looks like a problem, simply the last lines.
 */
export function meaningfulLines(text: string, count: number): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !STACK_FRAME.test(line));
  const problems = lines.filter((line) => PROBLEM.test(line));
  const chosen = problems.length > 0 ? problems : lines;
  return [...new Set(chosen)].slice(-count).map((line) => cutAtWord(line.trim(), 400));
}
