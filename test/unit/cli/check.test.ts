import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { applyEdit, CONTRACT_FIXTURE } from '../../support/contract-fixture.ts';
import { createGitRepository, type GitRepository } from '../../support/git-repository.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { AVSC, DEFINITION, PROTO, SQL } from '../../support/mutations/edit.ts';

const PROJECT = 'apps/perps';
let repository: GitRepository;
let root: string;

beforeAll(() => {
  repository = createGitRepository();
  root = join(repository.folder, PROJECT);
  mkdirSync(root, { recursive: true });
  cpSync(CONTRACT_FIXTURE, root, { recursive: true });
  repository.commit({ '.gitignore': '.connect/\n' });
  repository.git('switch', '--quiet', '--create', 'change');
});
beforeEach(() => {
  repository.git('checkout', '--quiet', '--', '.');
  repository.git('clean', '--quiet', '--force', '-d');
});
afterAll(() => repository.remove());

const check = (...args: string[]) => runInProcess(['check', ...args], { cwd: root, env: repository.env });
const rescale = () =>
  applyEdit(root, { file: AVSC, find: '"precision": 38, "scale": 8', replace: '"precision": 38, "scale": 6' });

describe('connect check', () => {
  it('exits 0 with one line when all layers agree', { timeout: 60_000 }, async () => {
    expect(await check()).toEqual({ code: 0, stdout: '', stderr: '✓ the files: all layers agree\n' });
  });

  it('takes less than three seconds when nothing changed in the SQL', async () => {
    await check();
    const startedAt = Date.now();
    await check();
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  });

  it('exits 3 and says what disagrees, where, with what, and what to do', async () => {
    rescale();
    const { code, stdout, stderr } = await check();
    expect(code).toBe(3);
    expect(stdout).toBe(
      [
        'schemas/position-update.avsc:15:102  error  size: decimal(38,6) does not fit column positions.size numeric(38,8): scale must match exactly',
        '  rule     DECIMAL_SCALE at positions.size, against migrations/0001_positions.sql:16',
        "  instead  make the field's scale 8, or the column numeric(38,6) by a migration; a topic with records keeps its scale",
        '',
      ].join('\n'),
    );
    expect(stderr).toBe('✗ the files: 1 finding\n');
  });

  it("knows Confluent's converter as well as Apicurio's, its settings and its secrets", {
    timeout: 60_000,
  }, async () => {
    const staging = '      databaseUser: worker-user\n';
    applyEdit(root, { file: 'connect.yaml', find: staging, replace: `${staging}      converter: confluent\n` });
    expect(await check()).toMatchObject({ code: 0, stdout: '' });

    const messagesWith = async (settings: string): Promise<string[]> => {
      applyEdit(root, { file: DEFINITION, find: '\nsink:\n', replace: `\nsink:\n  config: { ${settings} }\n` });
      const { code, stdout } = await check('--format', 'json');
      applyEdit(root, { file: DEFINITION, find: `\nsink:\n  config: { ${settings} }\n`, replace: '\nsink:\n' });
      expect(code).toBe(3);
      return (JSON.parse(stdout) as { findings: { message: string }[] }).findings.map(({ message }) => message);
    };
    const timeout = 'value.converter.http.read.timeout.ms: "10000"';
    const misspelt = await messagesWith(`value.converter.use.latest.versoin: "true", ${timeout}`);
    expect(misspelt.filter((message) => message.includes('no setting of io.confluent'))).toEqual([
      '"value.converter.use.latest.versoin" is no setting of io.confluent.connect.avro.AvroConverter; did you mean "value.converter.use.latest.version"?',
    ]);
    expect(await messagesWith('value.converter.basic.auth.user.info: perps:perps')).toEqual([
      expect.stringContaining('value.converter.basic.auth.user.info is a secret in plain text; write a reference'),
    ]);
  });

  it('judges compatibility as well with --against, in one report', async () => {
    rescale();
    const { code, stdout, stderr } = await check('--against', 'main', '-o', 'json');
    expect(code).toBe(3);
    const { errors, findings } = JSON.parse(stdout) as { errors: number; findings: { rule: string; line: number }[] };
    expect(findings.map(({ rule, line }) => `${rule} ${line}`)).toEqual([
      'DECIMAL_SCALE 15',
      'DECIMAL_SCALE_CHANGED 15',
    ]);
    expect(errors).toBe(2);
    expect(stderr).toMatch(/^✗ the files, compared with main at [0-9a-f]{7}: 2 findings\n$/);
  });

  it('annotates the lines of a pull request, by their path in the repository', async () => {
    applyEdit(root, { file: PROTO, find: 'string mark_price = 11;', replace: 'double mark_price = 11;' });
    const { stdout } = await check('--against', 'main', '--format', 'github-actions');
    expect(stdout).toMatch(/^::error file=apps\/perps\/schemas\/position-update\.proto,line=70,col=10,title=/m);
  });

  it('reports the edited side of a disagreement when it knows which that is', async () => {
    applyEdit(root, {
      file: SQL,
      find: 'size              NUMERIC(38, 8)',
      replace: 'size              NUMERIC(38, 6)',
    });
    const withBase = await check('--against', 'main', '--format', 'json');
    const without = await check('--format', 'json');
    const place = ({ stdout }: { stdout: string }) => {
      const { findings } = JSON.parse(stdout) as { findings: { rule: string; file: string; against?: string }[] };
      const found = findings.find(({ rule }) => rule === 'DECIMAL_SCALE');
      return [found?.file, found?.against];
    };
    expect(place(withBase)).toEqual([SQL, 'schemas/position-update.avsc:15']);
    expect(place(without)).toEqual([AVSC, 'migrations/0001_positions.sql:16']);
  }, 60_000);

  it('reports a definition that does not load like any other finding, so that its line is annotated', async () => {
    applyEdit(root, { file: DEFINITION, find: 'batchSize: 1000', replace: 'batch_size: 1000' });
    const { code, stdout } = await check('--format', 'github-actions');
    expect(code).toBe(3);
    expect(stdout).toContain('title=DEFINITION_INVALID::unknown key "batch_size"');
    expect(stdout).toContain('did you mean "batchSize"?');
  });

  it('says that a field needs a migration first', async () => {
    applyEdit(root, {
      file: AVSC,
      find: '"doc": "What happened." }\n',
      replace:
        '"doc": "What happened." },\n    { "name": "venue", "type": ["null", "string"], "default": null, "maxLength": 20 }\n',
    });
    const { stdout } = await check();
    expect(stdout).toContain(
      'add a migration that adds the column venue (it goes first: migration → schema → connector → producer)',
    );
  });

  it('passes with a note where the definition chooses a risk', async () => {
    applyEdit(root, { file: DEFINITION, find: '  tasksMax: 2\n', replace: '  tasksMax: 2\n  onUndecodable: dlq\n' });
    const { code, stdout, stderr } = await check();
    expect(code).toBe(0);
    expect(stdout).toContain('note');
    expect(stdout).toContain('so does every healthy record while the registry is down');
    expect(stderr).toBe('✓ the files: all layers agree, 1 note\n');
  });

  it('gives the same bytes for the same files', async () => {
    rescale();
    applyEdit(root, { file: PROTO, find: 'string mark_price = 11;', replace: 'double mark_price = 11;' });
    const [first, second] = [await check('--against', 'main'), await check('--against', 'main')];
    expect(first).toEqual(second);
    rmSync(join(root, '.connect'), { recursive: true });
    expect(await check('--against', 'main')).toEqual(first);
  }, 60_000);

  it.each([
    ['a stream that is not defined', ['--only', 'position'], /no stream "position"; did you mean "positions"\?/],
    ['a ref that git does not know', ['--against', 'nowhere'], /git knows no branch, tag or commit "nowhere"/],
    ['an unknown format', ['--format', 'xml'], /Allowed choices are text, json, github-actions, junit/],
    ['an environment without --live', ['-e', 'staging'], /nothing live was asked for/],
  ])('exits 64 for %s', async (_name, args, message) => {
    const { code, stderr } = await check(...args);
    expect(code).toBe(64);
    expect(stderr).toMatch(message);
  });
});

it('this repository passes its own check', { timeout: 60_000 }, async () => {
  const { code, stdout } = await runInProcess(['check'], { cwd: packageRoot() });
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
});

it('the workflow for pull requests runs it against the branch that the change goes into', () => {
  const workflow = readFileSync(join(packageRoot(), '.github', 'workflows', 'contract.yml'), 'utf8');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's own notation
  expect(workflow).toContain('BASE: ${{ github.base_ref }}');
  expect(workflow).toContain('check --against "origin/$BASE" --format github-actions');
});
