import { describe, expect, it } from 'vitest';
import { reportAs, showFindings } from '../../../../cli/render/findings.ts';
import type { Finding } from '../../../../pipeline/finding.ts';
import { capturedContext } from '../../../support/captured-context.ts';

const finding = (over: Partial<Finding> = {}): Finding => ({
  rule: 'DECIMAL_SCALE_CHANGED',
  path: '/fields/size/type/scale',
  file: 'schemas/position-update.avsc',
  line: 41,
  column: 7,
  message: 'size: decimal(38,6) was decimal(38,8)',
  remedy: 'add a new field',
  severity: 'error',
  against: 'main at 1a2b3c4',
  ...over,
});
const note = finding({ rule: 'SUBJECT_NEW', severity: 'note', line: 1, column: 1, message: 'is new', path: '/' });
const title = 'connect schemas check';

describe('a report', () => {
  it('as text says where, what, by which rule and what to do instead', () => {
    expect(reportAs.text([note, finding()], { title })).toBe(
      [
        'schemas/position-update.avsc:1:1  note  is new',
        '  rule     SUBJECT_NEW at /, against main at 1a2b3c4',
        '  instead  add a new field',
        'schemas/position-update.avsc:41:7  error  size: decimal(38,6) was decimal(38,8)',
        '  rule     DECIMAL_SCALE_CHANGED at /fields/size/type/scale, against main at 1a2b3c4',
        '  instead  add a new field',
      ].join('\n'),
    );
    expect(reportAs.text([], { title })).toBe('');
  });

  it('as JSON holds every finding whole', () => {
    const { context, said } = capturedContext();
    context.format = 'json';
    showFindings(context, [note, finding()], { title }, () => '');
    expect(JSON.parse(said.stdout)).toEqual({
      errors: 1,
      notes: 1,
      findings: [note, finding()],
    });
  });

  it('for GitHub Actions escapes what would end a property or a line', () => {
    const awkward = finding({ file: 'a,b:c.avsc', message: '100 %, first\nsecond: ::error::', remedy: 'x\r\ny' });
    expect(reportAs['github-actions']([awkward, note], { title, prefix: 'apps/perps/' })).toBe(
      [
        '::error file=apps/perps/a%2Cb%3Ac.avsc,line=41,col=7,title=DECIMAL_SCALE_CHANGED::' +
          '100 %25, first%0Asecond: ::error::%0AInstead: x%0D%0Ay%0ACompared with main at 1a2b3c4',
        '::notice file=apps/perps/schemas/position-update.avsc,line=1,col=1,title=SUBJECT_NEW::' +
          'is new%0AInstead: add a new field%0ACompared with main at 1a2b3c4',
      ].join('\n'),
    );
  });

  it('as JUnit counts errors as failures and lets notes pass', () => {
    const xml = reportAs.junit([note, finding()], { title });
    expect(xml).toContain('<testsuites name="connect schemas check" tests="2" failures="1" errors="0">');
    expect(xml).toContain('<failure type="DECIMAL_SCALE_CHANGED" message="size: decimal(38,6) was decimal(38,8)">');
    expect(xml).toContain('<system-out>schemas/position-update.avsc:1:1  note  is new\n');
    expect(elementsOf(xml)).toEqual(['testsuites', 'testsuite', 'testcase', 'system-out', 'testcase', 'failure']);
  });

  it('as JUnit is well-formed whatever a message holds', () => {
    const hostile = finding({ message: '<b a="1">&amp; ]]> \u0000\u001b[31m \ud800 \uffff é', path: '/fields/"<x>"' });
    const xml = reportAs.junit([hostile], { title: 'a < b & "c"' });
    expect(elementsOf(xml)).toEqual(['testsuites', 'testsuite', 'testcase', 'failure']);
    expect(xml).toContain('&lt;b a=&quot;1&quot;&gt;&amp;amp; ]]&gt; \ufffd\ufffd[31m \ufffd \ufffd é');
  });

  it('as JUnit without findings has one test that passes', () => {
    const xml = reportAs.junit([], { title });
    expect(xml).toContain('tests="1" failures="0"');
    expect(elementsOf(xml)).toEqual(['testsuites', 'testsuite', 'testcase']);
  });
});

/** Names of elements in order; fails on anything that is not balanced, escaped XML. */
function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const rest = xml.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, '');
  const text = rest.replace(
    /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g,
    (_all, close, name: string, _attributes, empty) => {
      if (close === '/') expect(open.pop()).toBe(name);
      else {
        names.push(name);
        if (empty !== '/') open.push(name);
      }
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(text).not.toMatch(/[<>]/);
  expect(rest.replace(/&(amp|lt|gt|quot);/g, '')).not.toContain('&');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids these
  expect(rest).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  return names;
}
