import { avroMutations } from './avro.ts';
import { definitionMutations } from './definition.ts';
import type { Mutation } from './edit.ts';
import { partitionMutations } from './partitions.ts';
import { protoMutations } from './proto.ts';
import { sinkMutations } from './sink.ts';
import { sqlMutations } from './sql.ts';

/** Every edit that the check must catch, in the file and on the line that was edited unless it says otherwise. */
export const mutations: readonly Mutation[] = [
  ...protoMutations,
  ...avroMutations,
  ...definitionMutations,
  ...sinkMutations,
  ...sqlMutations,
  ...partitionMutations,
];
