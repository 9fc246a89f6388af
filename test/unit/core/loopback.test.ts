import { expect, test } from 'vitest';
import { isLoopback } from '../../../core/loopback.ts';

test.each([
  'localhost:50051',
  'LOCALHOST',
  '127.0.0.1:50051',
  '127.1.2.3',
  '[::1]:50051',
  '::1',
  'http://localhost:8081/apis/ccompat/v7',
  'https://user:password@127.0.0.1',
])('%s is this machine', (address) => {
  expect(isLoopback(address)).toBe(true);
});

test.each([
  'feed.example:443',
  'localhost.example:443',
  '127.example:443',
  'http://proxy/?to=localhost',
  'https://registry.example/localhost',
  '[2001:db8::1]:443',
  'http://a@localhost:b@registry.example',
  'http://registry.example?@localhost',
  'http://localhost@registry.example/',
  'localhost.evil.example',
  '127.0.0.1.evil.example:443',
  'http://127.0.0.1.evil.example',
  'localhost@registry.example:443',
])('%s is another machine', (address) => {
  expect(isLoopback(address)).toBe(false);
});
