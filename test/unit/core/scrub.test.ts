import { expect, test } from 'vitest';
import { createScrub } from '../../../core/scrub.ts';

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
])('what looks like a secret is hidden without being known: %s', (text, expected) => {
  expect(createScrub()(text)).toBe(expected);
});

test('references and ordinary words stay', () => {
  const text = 'connection.password=$' + '{env:PGPASSWORD} and password authentication failed for user "perps"';
  expect(createScrub()(text)).toBe(text);
});

test('of two secrets the longer is hidden first, so nothing of it is left', () => {
  expect(createScrub(['hunter', 'hunter2-long'])('x hunter2-long y hunter z')).toBe('x (secret) y (secret) z');
});
