import type { Alarm, AlarmTarget } from './alarms.ts';

const PERIOD_S = 60;

/** How a template is written. Both are JSON. */
export const TEMPLATE_FORMATS = ['cloudformation', 'terraform'] as const;
export type TemplateFormat = (typeof TEMPLATE_FORMATS)[number];

/** The alarms as a template. */
export const alarmTemplate = (format: TemplateFormat, alarms: readonly Alarm[], target: AlarmTarget): object =>
  ({ cloudformation: toCloudFormation, terraform: toTerraform })[format](alarms, target);

/** A CloudFormation template. */
function toCloudFormation(alarms: readonly Alarm[], { environment, sns }: AlarmTarget): object {
  const actions = sns === undefined ? {} : { AlarmActions: [sns], OKActions: [sns] };
  const resources = alarms.map((alarm) => [
    logicalId(alarm.name),
    {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: alarm.name,
        AlarmDescription: alarm.description,
        Namespace: alarm.namespace,
        MetricName: alarm.metric,
        Dimensions: Object.entries(alarm.dimensions).map(([Name, Value]) => ({ Name, Value })),
        Statistic: alarm.statistic,
        Period: PERIOD_S,
        EvaluationPeriods: alarm.minutes,
        ComparisonOperator: alarm.comparison,
        Threshold: alarm.threshold,
        TreatMissingData: alarm.missing,
        ...actions,
      },
    },
  ]);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Alarms of the sinks of ${environment} on MSK Connect`,
    Resources: Object.fromEntries(resources),
  };
}

/** Terraform in its JSON syntax, for a file whose name ends in `.tf.json`. */
function toTerraform(alarms: readonly Alarm[], { sns }: AlarmTarget): object {
  const actions = sns === undefined ? {} : { alarm_actions: [sns], ok_actions: [sns] };
  const resources = alarms.map((alarm) => [
    alarm.name.replaceAll(/[^A-Za-z0-9_-]/g, '_'),
    {
      alarm_name: alarm.name,
      alarm_description: alarm.description,
      namespace: alarm.namespace,
      metric_name: alarm.metric,
      dimensions: alarm.dimensions,
      statistic: alarm.statistic,
      period: PERIOD_S,
      evaluation_periods: alarm.minutes,
      comparison_operator: alarm.comparison,
      threshold: alarm.threshold,
      treat_missing_data: alarm.missing,
      ...actions,
    },
  ]);
  return { resource: { aws_cloudwatch_metric_alarm: Object.fromEntries(resources) } };
}

/** Letters and digits only: `positions-sink-cpu` → `PositionsSinkCpu`. */
const logicalId = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
