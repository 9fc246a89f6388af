import { chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireOwn } from '../../../pipeline/project-root.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { LOCAL, projectFolder } from './project-folder.ts';

const STRANGER = 54_321;
const isRoot = process.geteuid?.() === 0;

/** A project and a user that is neither its owner nor root: only root can give files away. */
function strangersProject(): { root: string; uid: number } {
  const root = projectFolder({ 'connect.yaml': LOCAL });
  if (!isRoot) return { root, uid: STRANGER };
  chownSync(join(root, 'connect.yaml'), STRANGER, STRANGER);
  return { root, uid: STRANGER + 1 };
}

describe('a project of another user', () => {
  it('is not obeyed: its file would decide where logins are sent', () => {
    const { root, uid } = strangersProject();
    expect(() => requireOwn(root, {}, uid)).toThrow(/connect\.yaml belongs to another user \(\d+\)/);
    expect(() => requireOwn(root, { CONNECT_TRUST_PROJECT: join(root, '..') }, uid)).toThrow();
  });

  it('is obeyed when its folder is named', () => {
    const { root, uid } = strangersProject();
    requireOwn(root, { CONNECT_TRUST_PROJECT: `/elsewhere${delimiter}${root}/` }, uid);
  });

  it.runIf(isRoot)('is not obeyed by root either, but by root for who called sudo', () => {
    const { root } = strangersProject();
    expect(() => requireOwn(root, {}, 0)).toThrow(/belongs to another user/);
    requireOwn(root, { SUDO_UID: String(STRANGER) }, 0);
    expect(() => requireOwn(root, { SUDO_UID: String(STRANGER) }, STRANGER + 1)).toThrow();
  });

  it('is seen through a link', () => {
    const { root, uid } = strangersProject();
    const mine = scratchFolder();
    if (isRoot) chownSync(mine, uid, uid);
    symlinkSync(join(root, 'connect.yaml'), join(mine, 'connect.yaml'));
    expect(() => requireOwn(mine, {}, uid)).toThrow(/belongs to another user/);
  });
});

it('a project of this user is obeyed, and Windows has no owners', () => {
  const root = scratchFolder();
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'connect.yaml'), LOCAL);
  requireOwn(root, {});
  requireOwn(root, {}, undefined);
});
