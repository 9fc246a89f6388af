import { expect, test } from 'vitest';
import { createMskProject } from '../../support/msk/msk-project.ts';

const SNS = 'arn:aws:sns:eu-central-1:123456789012:alarms';

test('the alarms of every sink are printed for CloudFormation, or for Terraform, and no server is asked', async () => {
  const project = await createMskProject();
  const cloudFormation = await project.run('msk', 'alarms', '--sns', SNS);
  expect(cloudFormation.code, cloudFormation.stderr).toBe(0);
  const { Resources } = JSON.parse(cloudFormation.stdout);
  expect(Object.keys(Resources)).toEqual(expect.arrayContaining(['PositionsSinkCpu', 'FundingPaymentsSinkNotRunning']));
  expect(Resources.PositionsSinkCpu.Properties.AlarmActions).toEqual([SNS]);
  const terraform = await project.run('msk', 'alarms', '--format', 'terraform');
  const alarms = JSON.parse(terraform.stdout).resource.aws_cloudwatch_metric_alarm;
  expect(alarms['positions-sink-not-running']).toMatchObject({
    namespace: 'AWS/KafkaConnect',
    dimensions: { ConnectorName: 'positions-sink' },
    treat_missing_data: 'breaching',
  });
  expect(project.fake.calls).toEqual([]);
});

test('alarms on what watch tells are added where they are asked for', async () => {
  const project = await createMskProject();
  const names = async (...flags: string[]) => {
    const { stdout } = await project.run('msk', 'alarms', '--format', 'terraform', ...flags);
    return Object.keys(JSON.parse(stdout).resource.aws_cloudwatch_metric_alarm);
  };
  const [without, more] = [await names(), await names('--watch')];
  expect(without.filter((name) => name.includes('-watch-'))).toEqual([]);
  const added = more.filter((name) => !without.includes(name));
  expect(added).toEqual(
    expect.arrayContaining(['positions-sink-watch-quarantine', 'funding-payments-sink-watch-behind']),
  );
  expect(added.filter((name) => name.endsWith('-watch-gone'))).toHaveLength(1);
});

test('what is no SNS topic is refused', async () => {
  const project = await createMskProject();
  const { code, stderr } = await project.run('msk', 'alarms', '--sns', 'alarms');
  expect([code, stderr]).toEqual([64, expect.stringContaining('the ARN of an SNS topic')]);
});
