import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseDocument } from 'yaml';
import { createAuthority } from '../../support/certificates.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { copyProject } from '../../support/project.ts';
import { serveReflection } from '../../support/reflection-server.ts';
import { openTerminal, type Terminal } from '../../support/terminal.ts';

/** The environment whose feed speaks TLS only, and asks for a certificate. */
const BEHIND_TLS = 'docker';

describe('feed inspect on a terminal, of a feed behind TLS that describes itself', () => {
  let root: string;
  let server: Awaited<ReturnType<typeof serveReflection>>;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'perps-connect-inspect-'));
    copyProject(root);
    const authority = await createAuthority(root);
    const [own, client] = [await authority.issue('localhost'), await authority.issue('a-client')];
    const pair = { cert_chain: readFileSync(own.certificate), private_key: readFileSync(own.key) };
    server = await serveReflection({
      credentials: ServerCredentials.createSsl(readFileSync(authority.ca), [pair], true),
    });
    const file = join(root, 'connect.yaml');
    const document = parseDocument(readFileSync(file, 'utf8'));
    const tls = { ca: authority.ca, certificate: client.certificate, key: client.key };
    const address = server.address.replace('127.0.0.1', 'localhost');
    document.setIn(['environments', BEHIND_TLS, 'feed'], { address, tls });
    writeFileSync(file, document.toString());
  });
  afterAll(() => {
    server?.close();
    rmSync(root, { recursive: true, force: true });
  });

  function inspect(...words: string[]): Terminal {
    const terminal = openTerminal(['feed', 'inspect', '-e', BEHIND_TLS, ...words], {
      cwd: root,
      env: process.env,
      columns: 200,
    });
    onTestFinished(() => terminal.kill());
    return terminal;
  }
  /** Answers each question when it is asked. */
  async function answer(terminal: Terminal, ...questions: (readonly [RegExp, string])[]) {
    for (const [question, words] of questions) {
      await terminal.says(question);
      terminal.type(`${words}\r`);
    }
  }
  const feedOf = (stream: string) => readFileSync(join(root, 'connectors', `${stream}.yaml`), 'utf8');

  it('asks for all that no description says, again after an answer that will not do, and writes a stream that passes check', async () => {
    const asking = inspect('--stream', 'lines');
    await answer(
      asking,
      [/vendor\.shapes\.v1\.Shapes\/Members +server streaming[\s\S]*method: /, 'Members'],
      [/the update is \(scalar\): /, 'beats'],
      [/of scalar, item[\s\S]*the update is \(scalar\): /, ''],
      [/fields that tell updates apart \(uid\): /, 'uid,seq'],
      [/resumed by slot=FIELD or cursor=FIELD \(none\): /, 'slot=uid'],
      [/--position: uid is string; a slot is a whole number[\s\S]*\(none\): /, 'cursor=seq:from_seq'],
      [/read the comments in connectors\/lines\.yaml/, ''],
    );
    expect((await asking.ended).code, asking.written()).toBe(0);
    expect(feedOf('lines')).toMatch(
      /update: scalar\n.*\n {2}leave: \[.*\]\n {2}position: \{ kind: cursor, field: seq, request: from_seq \}/,
    );
    expect(feedOf('lines')).toContain('key: [uid, seq]');
    const checked = await runInProcess(['check', '--only', 'lines'], { cwd: root });
    expect(checked.code, checked.stdout + checked.stderr).toBe(0);
  });

  it('offers a method that answers once no position none, and goes on without one where the request takes none back', async () => {
    const polled = inspect('--method', 'Once');
    await answer(
      polled,
      [/name of the stream: /, 'polled'],
      [/fields that tell updates apart \(uid\): /, ''],
      [/resumed by slot=FIELD or cursor=FIELD: /, ''],
      [/slot=FIELD or cursor=FIELD; behind a colon[\s\S]*FIELD: /, 'none'],
      [/without a position each answer would be taken anew[\s\S]*FIELD: /, 'cursor=seq:from_seq'],
    );
    expect((await polled.ended).code, polled.written()).toBe(0);
    expect(feedOf('polled')).toMatch(
      /pollSeconds: 2[\s\S]*position: \{ kind: cursor, field: seq, request: from_seq \}/,
    );
    const streaming = inspect('--method', 'Meanings', '--stream', 'meanings');
    await answer(streaming, [/apart \(tx_id\): /, 'tx_id']);
    expect((await streaming.ended).code, streaming.written()).toBe(0);
    expect(feedOf('meanings')).toContain('position: { kind: none }');
  });
});
