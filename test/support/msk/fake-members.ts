import type { InMemoryGroups } from '../in-memory-groups.ts';
import { numberedMembers } from '../in-memory-groups.ts';
import type { FakeMsk } from './fake-msk.ts';

/**
 * Lets the sinks' groups have the members that the fake's connectors would have: each task that starts is a new one, so after a
 * create, an update and a restart; without a connector there is none. Returns how to change their number.
 */
export function membersOfFake(groups: InMemoryGroups, fake: FakeMsk, tasks: number): (tasks: number) => void {
  let number = tasks;
  groups.setMembers((name) => {
    const connector = fake.connectors.get(name);
    if (connector === undefined) return new Set();
    const starts = connector.operations.filter(({ type }) => !/PAUSE|RESUME/.test(type)).length;
    return new Set([...numberedMembers(number)].map((one) => `${one}-${connector.arn.slice(-8)}-${starts}`));
  });
  return (now) => {
    number = now;
  };
}
