import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderSinks } from '../../../app/render.ts';
import { openEnvironment, openProject } from '../../../app/session.ts';
import { renderedDocument, renderedLines } from '../../../cli/render/render.ts';
import { CONTRACT_FIXTURE } from '../../support/contract-fixture.ts';
import { writeTape } from '../../support/tape.ts';

it('an explained sink shows how the feed’s fields are mapped, and what is constant', () => {
  const root = mkdtempSync(join(tmpdir(), 'perps-connect-render-'));
  try {
    cpSync(CONTRACT_FIXTURE, root, { recursive: true });
    writeTape(root);
    const runtime = { cwd: root, env: {}, signal: new AbortController().signal, learn: () => {} };
    const session = openEnvironment(openProject(runtime), undefined, { ...runtime, only: ['tape'] });
    const sinks = renderSinks(session);
    const lines = renderedLines('local', sinks, true);
    expect(lines).toContain('# px → price: the integer divided by 10^8');
    expect(lines).toContain('# hit → side: by words: BUYER is "buy", SELLER is "sell"');
    expect(lines).toContain('# mark → resume_mark: as it is');
    expect(lines).toContain('# a constant → venue: always "acme"');
    expect(lines).toContain('# feed: acme.md.Tape/StreamPrints with market = "SOL-PERP", depth = 1');
    expect(lines).toContain('# update: print; left out: beat, halt');
    expect(lines).toContain('# position: from the last slot (blk) on, asked for by from_blk');
    expect(renderedLines('local', sinks, false).join('\n')).not.toContain('→');
    expect(JSON.stringify(renderedDocument(sinks, true))).toContain(
      '"from":"txn","to":"trade_id","how":"bytes as base58"',
    );
    expect(JSON.stringify(renderedDocument(sinks, true))).toContain('"method":"acme.md.Tape/StreamPrints"');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
