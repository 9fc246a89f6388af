import { expect, test } from 'vitest';
import { selectPrompt } from '../../../cli/select-prompt.ts';
import { capturedContext } from '../../support/captured-context.ts';

test('one statement is answered as a table, null as nothing', async () => {
  const { context, said } = capturedContext();
  const query = async () => ({ columns: ['owner', 'n'], rows: [['alice', null]] });
  await selectPrompt(context, { query, command: 'SELECT 1' });
  expect(said.stdout).toBe('owner  n\nalice\n(1 row)\n');
});

test('a statement that PostgreSQL refuses is an error that says so, not one of this program', async () => {
  const { context } = capturedContext();
  const query = () => Promise.reject(new Error('relation "nowhere" does not exist'));
  await expect(selectPrompt(context, { query, command: 'SELECT' })).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'PostgreSQL refused the statement: relation "nowhere" does not exist',
  });
});
