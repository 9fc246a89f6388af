import { describe, expect, it, test } from 'vitest';
import { sessionHarm, sessionOptions } from '../../../contract/session-settings.ts';

describe('the options of a JDBC URL', () => {
  it.each([
    ['-c statement_timeout=5s', [['statement_timeout', '5s']], []],
    [
      '-cwork_mem=8MB  --lock-timeout=1s',
      [
        ['work_mem', '8MB'],
        ['lock_timeout', '1s'],
      ],
      [],
    ],
    ['-c search_path=a,\\ b', [['search_path', 'a, b']], []],
    ['-e -c role=other', [['role', 'other']], ['-e']],
    ['', [], []],
  ])('%s', (options, settings, rest) => {
    expect(sessionOptions(options)).toEqual({ settings, rest });
  });
});

test.each([
  ['default_transaction_read_only', 'yes'],
  ['Default_Transaction_Isolation', 'serializable'],
  ['session_replication_role', 'replica'],
  ['synchronous_commit', 'off'],
  ['statement_timeout', '200'],
  ['lock_timeout', '1min'],
  ['idle_in_transaction_session_timeout', '5s'],
  ['role', 'other'],
])('%s = %s harms', (name, value) => {
  expect(sessionHarm(name, value)).toMatch(/./);
});

test.each([
  ['default_transaction_read_only', 'off'],
  ['default_transaction_isolation', 'read committed'],
  ['synchronous_commit', 'remote_apply'],
  ['synchronous_commit', 'local'],
  ['statement_timeout', '0'],
  ['idle_in_transaction_session_timeout', '10min'],
  ['work_mem', '8MB'],
  ['TimeZone', 'Asia/Tokyo'],
])('%s = %s does no harm', (name, value) => {
  expect(sessionHarm(name, value)).toBeUndefined();
});
