import type { Rule } from './rule.ts';
import { avroFieldUnfed } from './rules/avro-field-unfed.ts';
import { batchAndPoll } from './rules/batch-and-poll.ts';
import { checkConstraint } from './rules/check-constraint.ts';
import { checkUnknown } from './rules/check-unknown.ts';
import { columnGenerated } from './rules/column-generated.ts';
import { columnMissing } from './rules/column-missing.ts';
import { columnNotNull } from './rules/column-not-null.ts';
import { columnWithoutField } from './rules/column-without-field.ts';
import { converters } from './rules/converters.ts';
import { currentView } from './rules/current-view.ts';
import { deadLetterRisk } from './rules/dead-letter-risk.ts';
import { decimalPrecision } from './rules/decimal-precision.ts';
import { decimalScale } from './rules/decimal-scale.ts';
import { declaredException } from './rules/declared-exception.ts';
import { defaultLocalTime } from './rules/default-local-time.ts';
import { enumWordsMatch } from './rules/enum-words.ts';
import { errorsRetryTimeout } from './rules/errors-retry-timeout.ts';
import { errorsTolerance } from './rules/errors-tolerance.ts';
import { feedService } from './rules/feed-service.ts';
import { fieldLimits } from './rules/field-limits.ts';
import { fieldType } from './rules/field-type.ts';
import { foreignKey } from './rules/foreign-key.ts';
import { integerRange } from './rules/integer-range.ts';
import { nameNeedsQuotes } from './rules/name-needs-quotes.ts';
import { namingStrategy } from './rules/naming-strategy.ts';
import { offsetReset } from './rules/offset-reset.ts';
import { oneTopic } from './rules/one-topic.ts';
import { ordinal } from './rules/ordinal.ts';
import { otherUniqueIndex } from './rules/other-unique-index.ts';
import { protoFieldUnused } from './rules/proto-field-unused.ts';
import { protoPresence } from './rules/proto-presence.ts';
import { protoType } from './rules/proto-type.ts';
import { replication } from './rules/replication.ts';
import { restartOnErrors } from './rules/restart-on-errors.ts';
import { retryWindow } from './rules/retry-window.ts';
import { rewriteAndReduction } from './rules/rewrite-and-reduction.ts';
import { rollup } from './rules/rollup.ts';
import { secretReference } from './rules/secret-reference.ts';
import { settingUnknown } from './rules/setting-unknown.ts';
import { settingValue } from './rules/setting-value.ts';
import { stringLength } from './rules/string-length.ts';
import { tableMissing } from './rules/table-missing.ts';
import { tableNameFormat } from './rules/table-name-format.ts';
import { tableOwnership } from './rules/table-ownership.ts';
import { tableUnlogged } from './rules/table-unlogged.ts';
import { timestampPrecision } from './rules/timestamp-precision.ts';
import { timestampZone } from './rules/timestamp-zone.ts';
import { topicKey } from './rules/topic-key.ts';
import { topicRetention } from './rules/topic-retention.ts';
import { topicSetting } from './rules/topic-setting.ts';
import { traceColumns } from './rules/trace-columns.ts';
import { typeFamily } from './rules/type-family.ts';
import { unnest } from './rules/unnest.ts';
import { upsertKeyField } from './rules/upsert-key-field.ts';
import { upsertKeyIndex } from './rules/upsert-key-index.ts';
import { upsertKeyNull } from './rules/upsert-key-null.ts';
import { upsertMode } from './rules/upsert-mode.ts';
import { writtenFieldsRule } from './rules/written-fields.ts';

/** Rules about one subject, in the order they are documented. */
export interface RuleGroup {
  readonly title: string;
  readonly rules: readonly Rule[];
}

/** Every rule of the contract. docs/contract-rules.md lists the same; a test compares them. */
export const ruleGroups: readonly RuleGroup[] = [
  {
    title: 'The Avro schema by itself',
    rules: [fieldType, fieldLimits, nameNeedsQuotes],
  },
  {
    title: 'Avro schema and table',
    rules: [
      tableMissing,
      columnMissing,
      columnWithoutField,
      columnNotNull,
      columnGenerated,
      typeFamily,
      decimalScale,
      decimalPrecision,
      integerRange,
      stringLength,
      timestampZone,
      timestampPrecision,
      checkConstraint,
      checkUnknown,
      otherUniqueIndex,
      foreignKey,
      tableUnlogged,
      defaultLocalTime,
    ],
  },
  {
    title: 'Feed and Avro schema',
    rules: [feedService, protoFieldUnused, avroFieldUnfed, protoType, protoPresence, enumWordsMatch, declaredException],
  },
  {
    title: 'Keys, order, and what Connect adds',
    rules: [upsertKeyIndex, upsertKeyNull, upsertKeyField, topicKey, traceColumns, currentView, ordinal, rollup],
  },
  {
    title: 'Topic',
    rules: [topicSetting, topicRetention, replication],
  },
  {
    title: "The sink's configuration",
    rules: [
      settingUnknown,
      settingValue,
      secretReference,
      oneTopic,
      converters,
      upsertMode,
      tableNameFormat,
      writtenFieldsRule,
      tableOwnership,
      namingStrategy,
      unnest,
      rewriteAndReduction,
      batchAndPoll,
      retryWindow,
      restartOnErrors,
      errorsTolerance,
      errorsRetryTimeout,
      deadLetterRisk,
      offsetReset,
    ],
  },
];
