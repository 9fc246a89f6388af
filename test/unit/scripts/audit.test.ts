import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryFile } from '../../support/compose-file.ts';
import { nodeScript } from '../../support/node-script.ts';

interface Accepted {
  readonly id: string;
  readonly package: string;
  readonly reason: string;
  readonly until: string;
}

const DRIVER = 'pkg:maven/org.postgresql/postgresql@42.7.4';
/** Answers in the form of OSV's API; the driver's holes come on two pages, and one of them has been withdrawn. */
const HOLES: Record<string, object> = {
  'GHSA-hq9p-pm7w-8p54': { aliases: ['CVE-2025-49146'], summary: 'pgjdbc channel binding' },
  'GHSA-second-page': { aliases: ['CVE-0000-1'], summary: 'on the second page' },
  'GHSA-withdrawn': { withdrawn: '2026-01-01T00:00:00Z' },
};
const folder = mkdtempSync(join(tmpdir(), 'audit-'));
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer(async (request, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    reply.setHeader('content-type', 'application/json');
    if (request.url?.startsWith('/v1/vulns/')) {
      const id = request.url.slice('/v1/vulns/'.length);
      return reply.end(JSON.stringify({ id, ...HOLES[id] }));
    }
    const { queries } = JSON.parse(Buffer.concat(chunks).toString()) as {
      queries: { package: { purl: string }; page_token?: string }[];
    };
    const results = queries.map(({ package: { purl }, page_token: page }) => {
      if (purl !== DRIVER) return {};
      if (page === 'next') return { vulns: [{ id: 'GHSA-second-page' }] };
      return { vulns: [{ id: 'GHSA-hq9p-pm7w-8p54' }, { id: 'GHSA-withdrawn' }], next_page_token: 'next' };
    });
    return reply.end(JSON.stringify({ results }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

function audit(accepted: readonly Accepted[], service = url) {
  const file = join(folder, 'accepted.json');
  writeFileSync(file, JSON.stringify(accepted));
  return nodeScript('scripts/audit.mjs', { OSV_URL: service, AUDIT_ACCEPTED: file });
}

const accept = (id: string, until: string): Accepted => ({
  id,
  package: 'org.postgresql:postgresql@42.7.4',
  reason: 'only on loopback',
  until,
});

it('fails on a known hole, of every page, and not on one that was withdrawn', async () => {
  const { code, stdout } = await audit([]);
  expect(stdout).toContain('postgresql@42.7.4: GHSA-hq9p-pm7w-8p54, CVE-2025-49146: pgjdbc channel binding');
  expect(stdout).toContain('GHSA-second-page');
  expect(stdout).not.toContain('GHSA-withdrawn');
  expect(stdout).toMatch(/2 known holes, 2 not accepted\n$/);
  expect(code).toBe(1);
});

it('takes what is accepted, by any of its names, until its day; and tells what is accepted without need', async () => {
  const both = [accept('CVE-2025-49146', '9999-01-01'), accept('GHSA-second-page', '9999-01-01')];
  expect(await audit(both)).toMatchObject({ code: 0 });
  const late = await audit([accept('CVE-2025-49146', '2020-01-01'), accept('CVE-0000-1', '9999-01-01')]);
  expect(late.stdout).toContain('(accepted until 2020-01-01: only on loopback)');
  expect(late.code).toBe(1);
  expect((await audit([...both, accept('CVE-0000-9', '9999-01-01')])).stdout).toContain('take the entry away');
});

it('says that it could not ask, and does not pass', async () => {
  const { code, stderr } = await audit([], 'http://127.0.0.1:1');
  expect(code).toBe(2);
  expect(stderr).toContain('could not be asked');
});

it('each accepted hole has its reason and its day', () => {
  const entries = JSON.parse(repositoryFile('scripts/audit-accepted.json')) as Accepted[];
  for (const { id, package: name, reason, until } of entries) {
    expect(id).toMatch(/^(CVE|GHSA)-/);
    expect(name).toMatch(/.@\d/);
    expect(reason.length).toBeGreaterThan(30);
    expect(until).toMatch(/^20\d\d-\d\d-\d\d$/);
  }
});
