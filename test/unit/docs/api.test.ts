import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';

const textOf = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');
const report = textOf('docs/api/perps-connect.api.md');

it('whatever can be imported has a text', () => {
  expect(report.match(/^export /gm)?.length).toBeGreaterThan(60);
  expect([...report.matchAll(/\(undocumented\)\nexport (?:\w+ )*(\w+)/g)].map(([, name]) => name)).toEqual([]);
});

it('docs/api.md names each command that is a function, or says that it is none', () => {
  const page = textOf('docs/api.md');
  const [, missing = ''] = /Some are commands only\.([\s\S]*?)\n- /.exec(page) ?? [];
  const functions: readonly string[] = report.match(/(?<=^export (?:async )?(?:function|const) )\w+/gm) ?? [];
  const named: Readonly<Record<string, string>> = {
    init: 'initProject',
    upgrade: 'planUpgrade',
    migrate: 'migrateUp',
    schemas: 'registerSchemas',
    render: 'renderSinks',
    status: 'openStatus',
    pause: 'changeStates',
    stop: 'changeStates',
    resume: 'changeStates',
  };
  const commands = new Set(
    [...textOf('docs/reference/commands.md').matchAll(/^## connect ([a-z]+)/gm)].map(([, name = '']) => name),
  );
  const unsaid = [...commands].filter(
    (name) => !functions.includes(named[name] ?? name) && !missing.includes(`\`${name}\``),
  );
  expect(unsaid).toEqual([]);
});
