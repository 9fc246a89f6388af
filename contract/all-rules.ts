import type { Rule } from './rule.ts';
import { avroSchemaRules } from './rules/avro-schema.ts';
import { columnTypeRules } from './rules/column-types.ts';
import { columnRules } from './rules/columns.ts';
import { constraintRules } from './rules/constraints.ts';
import { derivedRules } from './rules/derived.ts';
import { feedFieldRules } from './rules/feed-fields.ts';
import { feedMappingRules } from './rules/feed-mapping.ts';
import { feedMethod } from './rules/feed-method.ts';
import { feedService } from './rules/feed-service.ts';
import { groupRightRules } from './rules/group-rights.ts';
import { keyRules } from './rules/keys.ts';
import { partitionRules } from './rules/partitions.ts';
import { sinkDeliveryRules } from './rules/sink-delivery.ts';
import { sinkRecordRules } from './rules/sink-records.ts';
import { sinkSessionRules } from './rules/sink-session.ts';
import { sinkSettingRules } from './rules/sink-settings.ts';
import { sinkWritingRules } from './rules/sink-writing.ts';
import { guardRules } from './rules/table-guards.ts';
import { topicRules } from './rules/topic.ts';
import { traceColumns } from './rules/trace-columns.ts';

/** Every rule of the contract, by subject, in the order of docs/contract-rules.md; a test compares them. */
export const ruleGroups: readonly { readonly title: string; readonly rules: readonly Rule[] }[] = [
  { title: 'The Avro schema by itself', rules: avroSchemaRules },
  {
    title: 'Avro schema and table',
    rules: [...columnRules, ...columnTypeRules, ...constraintRules, ...guardRules, ...groupRightRules],
  },
  { title: 'Feed and Avro schema', rules: [feedService, feedMethod, ...feedFieldRules, ...feedMappingRules] },
  {
    title: 'Keys, order, and what Connect adds',
    rules: [...keyRules, ...partitionRules, traceColumns, ...derivedRules],
  },
  { title: 'Topic', rules: topicRules },
  {
    title: "The sink's configuration",
    rules: [...sinkSettingRules, ...sinkRecordRules, ...sinkWritingRules, ...sinkSessionRules, ...sinkDeliveryRules],
  },
];
