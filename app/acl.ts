import { ACL_ROLES, type Acl, type AclRole, aclsOf } from '../connectors/acl/acls.ts';
import { kafkaAclsCommands } from '../connectors/acl/kafka-acls.ts';
import { clusterOf } from '../pipeline/kafka-settings.ts';
import { commandsSetOffsets } from './choose-host.ts';
import type { Session } from './session.ts';

export interface AclRequest {
  /** Default: every role. */
  readonly role?: AclRole | undefined;
  /** Whom the rights are given to. Default: `User:` and the name of the role. */
  readonly principal?: string | undefined;
  /** Brokers before Kafka 3.0 ask for one right more. */
  readonly idempotentWrite?: boolean | undefined;
}

/** The rights of one role. */
export interface RoleAcls {
  readonly role: AclRole;
  readonly principal: string;
  readonly acls: readonly Acl[];
  /** Commands of Kafka's own tool that give them. */
  readonly commands: readonly string[];
}

/** Kafka's ACLs for the selected streams of an environment. Asks no server. */
export function kafkaAcls(session: Session, { role, principal, idempotentWrite = false }: AclRequest) {
  const { environment, streams } = session;
  const options = { commandsSetOffsets: commandsSetOffsets(environment), idempotentWrite };
  const asked = role === undefined ? ACL_ROLES : [role];
  const roles = asked.map((one): RoleAcls => {
    const acls = aclsOf(one, streams, options);
    const given = principal ?? `User:${one}`;
    return { role: one, principal: given, acls, commands: kafkaAclsCommands(environment.kafka.brokers, given, acls) };
  });
  return { roles, notes: notesOf(session, asked) };
}

function notesOf({ environment: { kafka, connect } }: Session, asked: readonly AclRole[]): string[] {
  const notes: string[] = [];
  if (asked.includes('sink')) {
    notes.push(
      "what a worker keeps for itself, its own topics and its own group, is not listed: see its vendor's manual",
    );
  }
  if (kafka.sasl?.mechanism === 'aws-iam') {
    notes.push('commands and producers log in by IAM here, for which ACLs do not count: see `connect msk iam-policy`');
  }
  if (clusterOf({ kafka, connect }) !== undefined && kafka.brokers.length === 0) {
    notes.push('connect.yaml does not name the brokers: set BROKERS to their addresses');
  }
  return notes;
}
