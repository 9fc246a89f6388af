import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseProperties, propertiesText } from '../../../core/properties.ts';
import { findJava } from '../../../stack/java.ts';
import { scratchFolder } from '../../support/scratch.ts';

const AWKWARD: Readonly<Record<string, string>> = {
  'log.dirs': '/home/josé/数据/😀',
  'jaas.config': 'org.x.Login required username="u" password="p=a:s#s!";',
  ' key of spaces ': 'x',
  windows: 'C:\\new\\table',
  'leading space': '  two, and one at the end ',
  'a:key=with#signs!': '# no comment',
  '#hash': '',
  lines: 'one\r\ntwo\tthree\ffour\\',
  '\u00fcber': 'x',
};

/** What others write: every separator, comment, escape and continuation that Java knows. */
const FOREIGN = [
  '# a comment \\',
  '! another',
  '',
  'equals=1',
  'colon:2',
  'space 3',
  '  \t padded \t = \t 4  ',
  'tab\t5',
  'alone',
  'empty=',
  'a\\ key\\:with\\=signs = 6',
  'password=back\\\\slash\\u00fc\\=',
  'unicode = \\u4e2d\\uD83D\\uDE00 \\z\\"',
  'long = one,\\',
  '    two,\\',
  '    # three',
  'even = backslashes\\\\',
  'twice = first',
  'twice = second',
  '=nameless',
  'crlf = 7\r',
  'old mac = 8\rnext = 9',
  'last = open\\',
].join('\n');

/** Each property that java.util.Properties reads from a file, in hexadecimal: no encoding of a console comes in between. */
const READER = `
import java.io.*;
import java.util.*;
class Reader {
  public static void main(String[] args) throws IOException {
    Properties properties = new Properties();
    try (InputStream file = new FileInputStream(args[0])) { properties.load(file); }
    for (String key : properties.stringPropertyNames()) System.out.println(hex(key) + " " + hex(properties.getProperty(key)));
    Properties own = new Properties();
    own.putAll(properties);
    try (OutputStream file = new FileOutputStream(args[1])) { own.store(file, "written by Java"); }
  }
  static String hex(String text) {
    StringBuilder digits = new StringBuilder("x");
    for (char unit : text.toCharArray()) digits.append(String.format("%04x", (int) unit));
    return digits.toString();
  }
}`;

const fromHex = (text: string): string =>
  (text.slice(1).match(/.{4}/g) ?? []).map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join('');

/** What Java reads of a text, and what it writes of that. */
async function throughJava(text: string): Promise<{ read: Record<string, string>; written: string }> {
  const folder = scratchFolder();
  const [program, input, output] = ['Reader.java', 'in.properties', 'out.properties'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(program, READER);
  writeFileSync(input, text);
  const { command } = await findJava(process.env);
  const lines = execFileSync(command, ['-XX:TieredStopAtLevel=1', program, input, output], { encoding: 'utf8' });
  const read = lines
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ').map(fromHex) as [string, string]);
  return { read: Object.fromEntries(read), written: readFileSync(output, 'latin1') };
}

test('Java reads what is written here, and the other way round', async () => {
  const { read, written } = await throughJava(propertiesText(AWKWARD));
  expect(read).toEqual(AWKWARD);
  expect({ ...parseProperties(written) }).toEqual(AWKWARD);
});

test('a file by others is read as Java reads it', async () => {
  const { read } = await throughJava(FOREIGN);
  expect({ ...parseProperties(FOREIGN) }).toEqual(read);
  expect(read).toMatchObject({ password: 'back\\slashü=', long: 'one,two,# three', twice: 'second', alone: '' });
});

test('what is written is read back, keys in their order', () => {
  expect(Object.entries(parseProperties(propertiesText(AWKWARD)))).toEqual(Object.entries(AWKWARD));
  expect(propertiesText({ b: 1, a: true })).toBe('b=1\na=true\n');
});

test('a key is only there when the file has it', () => {
  expect(parseProperties('a=1').constructor).toBeUndefined();
});
