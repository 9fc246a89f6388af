import type { RoleAcls } from '../../app/acl.ts';

export const aclDocument = (roles: readonly RoleAcls[]): object => ({
  roles: roles.map(({ role, principal, acls }) => ({ role, principal, acls })),
});

/** A script: a heading for each role, and the commands that give its rights. */
export const aclLines = (environment: string, roles: readonly RoleAcls[]): string[] =>
  roles.flatMap(({ role, commands }, index) => [...(index > 0 ? [''] : []), `# ${role} (${environment})`, ...commands]);
