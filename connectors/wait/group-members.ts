import type { Admin } from 'kafkajs';
import { sinkGroup } from '../../pipeline/names.ts';

/**
 * The members of a sink's consumer group: one for each task, with a new id each time the task starts.
 * Undefined when Kafka does not say (no permission, or a group protocol that this client does not know).
 */
export async function groupMembers(
  admin: Admin,
  stream: Parameters<typeof sinkGroup>[0],
): Promise<ReadonlySet<string> | undefined> {
  try {
    const { groups } = await admin.describeGroups([sinkGroup(stream)]);
    return new Set(groups.flatMap((group) => group.members.map((member) => member.memberId)));
  } catch {
    return undefined;
  }
}
