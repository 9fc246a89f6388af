import { expect, test } from 'vitest';
import { createScrub } from '../../../core/scrub.ts';
import { formsOf } from '../../support/echoing-services.ts';
import { randomSecret, randomWord } from '../../support/random-secret.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const SECRET = 'p@ss word/1';

test.each([
  `login with ${SECRET} failed`,
  `jdbc:postgresql://db/perps?user=a&password=${encodeURIComponent(SECRET)}&ssl=true`,
  `"connection.password": "${SECRET}"`,
  `sasl.jaas.config = org.x.Login required username="u" password="${SECRET}";`,
])('a known secret is hidden in: %s', (text) => {
  const scrubbed = createScrub([SECRET])(text);
  expect(scrubbed).not.toContain(SECRET);
  expect(scrubbed).not.toContain(encodeURIComponent(SECRET));
});

test.each([
  ['https://user:hunter2@host/path', 'https://(secret)@host/path'],
  ['password=hunter2&ssl=true', 'password=(secret)&ssl=true'],
  ['registry.auth.token: hunter2, next', 'registry.auth.token: (secret), next'],
  ['"api.key"="hunter2"', '"api.key"="(secret)"'],
  ['{\\"password\\": \\"hun \\\\ter2\\"}', '{\\"password\\": \\"(secret)\\"}'],
  ["password='it\\'s'", "password='(secret)'"],
  ['Authorization: Bearer abc.def-1, next', 'Authorization: (secret), next'],
  ['{"authorization":"Basic YTpi"}', '{"authorization":"(secret)"}'],
  ['Cookie: a=1; session=hunter2\nnext: 1', 'Cookie: (secret)\nnext: 1'],
  ['access_token=hunter2&npm_token=hunter3', 'access_token=(secret)&npm_token=(secret)'],
  ['PGPASSWORD=hunter2 GITHUB_TOKEN=hunter3', 'PGPASSWORD=(secret) GITHUB_TOKEN=(secret)'],
])('what looks like a secret is hidden without being known: %s', (text, expected) => {
  expect(createScrub()(text)).toBe(expected);
});

test.each([
  '"arn:aws:secretsmanager:eu-west-1:1234:secret:perps/db-Ab12Cd"',
  '"Action": ["secretsmanager:GetSecretValue", "ssm:GetParameter"]',
  `connection.password = \${secretsmanager:perps/db:password}`,
  `password="\${secretsmanager:perps/kafka:password}";`,
])('what names a secret stays: %s', (text) => {
  expect(createScrub()(text)).toBe(text);
});

test('a token that is a coin stays', () => {
  const text = 'base_token: SOL, token=BTC, {"token": "ETH"}';
  expect(createScrub()(text)).toBe(text);
  expect(createScrub()('https://host/a?token=hunter2')).toBe('https://host/a?token=(secret)');
});

test('references and ordinary words stay', () => {
  const text = 'connection.password=$' + '{env:PGPASSWORD} and password authentication failed for user "perps"';
  expect(createScrub()(text)).toBe(text);
});

test('of two secrets the longer is hidden first, so nothing of it is left', () => {
  expect(createScrub(['hunter', 'hunter2-long'])('x hunter2-long y hunter z')).toBe('x (secret) y (secret) z');
});

test('a word is hidden where it stands alone, not inside other words; a secret of mixed characters anywhere', () => {
  const scrub = createScrub(['post', 'a1-b']);
  expect(scrub('postgres post, postal %20post \\npost xa1-by')).toBe(
    'postgres (secret), postal %20(secret) \\n(secret) x(secret)y',
  );
});

test('of a key in several lines, each is hidden by itself', () => {
  const key = '-----BEGIN KEY-----\nMIIEvAIBADAN\n-----END KEY-----';
  expect(createScrub([key])('at MIIEvAIBADAN (line 2)')).toBe('at (secret) (line 2)');
});

test('200 random secrets are found in every form, whatever stands around them', () => {
  const random = seededRandom(7);
  for (let round = 0; round < 200; round += 1) {
    const secret = round % 10 === 0 ? randomWord(random) : randomSecret(random);
    const scrub = createScrub([randomSecret(random), secret]);
    const texts = formsOf(secret).flatMap((form) =>
      [form, `at "${form}" there`, `user=${form}&b`, `Basic ${form}.`].map((text) => ({ form, text })),
    );
    const leaks = texts.filter(({ form, text }) => scrub(text).includes(form));
    expect(leaks).toEqual([]);
  }
});
