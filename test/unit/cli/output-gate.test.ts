import { describe, expect, it } from 'vitest';
import { lineGate } from '../../../cli/line-gate.ts';
import { explainTrace } from '../../../connectors/wait/failure.ts';
import { createScrub } from '../../../core/scrub.ts';
import { inert, visibleJson } from '../../../core/visible.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { formsOf } from '../../support/echoing-services.ts';
import { nastyPieces } from '../../support/nasty-texts.ts';
import { positions } from '../../support/positions-stream.ts';
import { randomSecret, randomWord } from '../../support/random-secret.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const LENGTH = 256 * 1024;
/** Measured: 0.7 s at most for 1 MB and 32 secrets. What takes more than its length asks for takes hours. */
const BOUND_MS = 5000;

/** A context that knows these secrets, its output and what it wrote. */
function contextKnowing(secrets: readonly string[], isTty = false) {
  const env = Object.fromEntries(secrets.map((secret, index) => [`S${index}_URL`, `x://u:${secret}@h`]));
  const { context, said } = capturedContext({ isTty, env });
  context.learn(secrets);
  return { context, said };
}

describe('the output gate takes no longer than the length of a text asks for', () => {
  const random = seededRandom(3);
  const secrets = [
    ...Array.from({ length: 8 }, () => randomSecret(random)),
    '"quoted" \\\\\\ x',
    "'a'b",
    '\\\\\\\\a',
    '   x',
  ];

  it.each(nastyPieces.map((piece) => [JSON.stringify(piece), piece]))('256 KB of %s', (_name, piece) => {
    const text = piece.repeat(Math.ceil(LENGTH / piece.length));
    const { context, said } = contextKnowing(secrets);
    const started = performance.now();
    context.print(text);
    context.json({ [text.slice(0, 100_000)]: text });
    explainTrace(`java.lang.Exception: ${text}`, positions);
    expect(performance.now() - started).toBeLessThan(BOUND_MS);
    expect(said.stdout.length).toBeLessThan(20 * LENGTH);
  });
});

describe('what a terminal or a CI system would obey', () => {
  it.each([
    ['\u001b[2K\u001b[A', '\\u001b[2K\\u001b[A'],
    ['\u001b]52;c;aGk=\u0007', '\\u001b]52;c;aGk=\\u0007'],
    ['a\rb\bc\u009bd\u0000', 'a\\u000db\\u0008c\\u009bd\\u0000'],
    ['user\u202etxt.exe\u2066', 'user\\u202etxt.exe\\u2066'],
    ['a\u2028b', 'a\\u2028b'],
    ['::add-mask::x', '| ::add-mask::x'],
    ['a\n \t::stop-commands::x', 'a\n \t| ::stop-commands::x'],
    ['x ##[error]y ##vso[task.x]', 'x #\\#[error]y #\\#vso[task.x]'],
    ['##teamcity[x', '#\\#teamcity[x'],
  ])('%j is written out', (text, shown) => {
    const { context, said } = contextKnowing([]);
    context.print(text);
    context.note(text);
    context.stdout.write(text);
    context.stdout.flush();
    expect(said.stdout).toBe(`${shown}\n${shown}`);
    expect(said.stderr).toBe(`${shown}\n`);
  });

  it.each(['plain', 'a: b :: c', 'tab\tand\nline', 'a ## b', '→ ✗ 漢 😀'])('%j stays', (text) => {
    expect(inert(text)).toBe(text);
  });

  it('is written out in JSON as JSON writes it, and is the same when it is read', () => {
    const value = { 'a\u009b': '\u202e##[error]\u0007\u2028', lines: ['::error::'] };
    const { context, said } = contextKnowing([]);
    context.json(value);
    context.jsonLine(value);
    expect(said.stdout).not.toMatch(/(?!\n)\p{Cc}|[\u202e\u2028]|##\[|^::/mu);
    expect(JSON.parse(said.stdout.split('\n').at(-2) ?? '')).toEqual(value);
    expect(visibleJson('{"a":"##[x"}')).toBe('{"a":"#\\u0023[x"}');
  });

  it('a terminal gets our own colours and cursor movements only', () => {
    const { context, said } = contextKnowing([], true);
    context.print('✗ FAILED \u001b[31m');
    expect(said.stdout).toContain('\\u001b[31m');
    expect(said.stdout).toContain('\u001b[31mFAILED\u001b[39m');
  });
});

describe('a line', () => {
  const gateTo = (written: string[], clean: (text: string) => string) => {
    const { context } = contextKnowing([]);
    return lineGate(Object.assign(context.screen.stdout, { write: (text: string) => written.push(text) > 0 }), clean);
  };

  it('that does not end is cut, and the next one is whole', () => {
    const { context, said } = contextKnowing(['hunter2-x']);
    for (let index = 0; index < 40; index += 1) context.stdout.write('a'.repeat(64 * 1024));
    context.stdout.write('hunter2-x\nnext hunter2-x\n');
    context.stdout.flush();
    const lines = said.stdout.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^a{65536}… \(\d+ characters more\)$/);
    expect(lines[1]).toBe('next (secret)');
  });

  it('has a character together that comes in two pieces', () => {
    const written: string[] = [];
    const gate = gateTo(written, (text) => text);
    const bytes = Buffer.from('漢字\n');
    for (const byte of bytes) gate.write(Uint8Array.of(byte) as unknown as string);
    expect(written.join('')).toBe('漢字\n');
  });

  it('is cut behind the secrets, so that no half of one is shown', () => {
    const { context, said } = contextKnowing(['hunter2-x']);
    context.print(`${'a'.repeat(65_532)}hunter2-x`);
    expect(said.stdout).not.toContain('hunt');
  });
});

it('10,000 outputs leak no secret: in pieces, encoded, short, in names and values', () => {
  const random = seededRandom(Number(process.env.SECRETS_SEED ?? 11));
  const leaks: string[] = [];
  let outputs = 0;
  for (let round = 0; outputs < 10_000; round += 1) {
    const secret = round % 5 === 0 ? randomWord(random) : randomSecret(random);
    const { context, said } = contextKnowing([secret, randomSecret(random)]);
    const around = () => ['', ' ', '"', '\u001b[31m', 'x=', '::error::', '\n', '.'][random.int(8)] ?? '';
    for (const form of formsOf(secret)) {
      // A word stands alone: inside of another it is not hidden.
      const text = `at ${around()}${form}${round % 5 === 0 ? ' ' : around()} there`;
      const cut = random.int(text.length);
      context.print(text);
      context.note(text);
      for (const piece of [text.slice(0, cut), text.slice(cut), '\n']) context.stdout.write(piece);
      context.json({ name: text, [text]: [{ deep: text }] });
      outputs += 6;
      if (said.stdout.includes(form) || said.stderr.includes(form)) leaks.push(form);
      said.stdout = '';
      said.stderr = '';
    }
  }
  expect(leaks).toEqual([]);
});

it('a secret too short to be found anywhere is hidden where it is assigned', () => {
  const scrub = createScrub(['ab']);
  expect(scrub('password=ab&x, "api.key": "ab", accessToken = ab, https://u:ab@h')).not.toContain('ab');
  const { context, said } = contextKnowing(['ab']);
  context.json({ password: 'ab', nested: { apiKey: 'ab', bearerToken: 'ab' } });
  expect(said.stdout).not.toMatch(/"ab"/);
});

describe('the gate knows without being told', () => {
  const shown = (env: NodeJS.ProcessEnv, text: string): string => {
    const { context, said } = capturedContext({ isTty: false, env });
    context.print(text);
    context.json({ text });
    return said.stdout;
  };

  it.each([
    'GITHUB_TOKEN',
    'PGPASSWORD',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'MY_API_KEY',
    'npm_config__auth_token',
  ])('the value of the variable %s', (name) => {
    expect(shown({ [name]: 'hunter2-abc' }, 'at hunter2-abc there')).not.toContain('hunter2-abc');
    expect(shown({ [name]: 'hunter2-abc' }, Buffer.from('hunter2-abc').toString('hex'))).toContain('(secret)');
  });

  it.each([
    ['TOKENIZERS_PARALLELISM', 'true'],
    ['PGPASSWORD', 'postgres'],
    ['AWS_SHARED_CREDENTIALS_FILE', '/home/x/.aws/credentials'],
    ['GOOGLE_APPLICATION_CREDENTIALS', '/home/x/key.json'],
    ['OLDPWD', '/home/x/project'],
  ])('%s=%s is no value that can be hidden', (name, value) => {
    expect(shown({ [name]: value }, `at ${value} there`)).toContain(`at ${value} there`);
  });

  it('which fields of records are coins, whatever they are called', () => {
    const { context, said } = capturedContext({ isTty: false, env: {} });
    context.learn([], ['fee_token']);
    context.json({ fee_token: 'SOL', token: 'BTC', bot_token: 'hunter2' });
    context.print('fee_token: SOL, bot_token: hunter2');
    expect(said.stdout).toContain('"fee_token": "SOL"');
    expect(said.stdout).toContain('fee_token: SOL');
    expect(said.stdout).not.toContain('hunter2');
  });
});
