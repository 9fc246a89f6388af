import { alarmsOf } from '../connectors/msk/alarms/alarms.ts';
import { alarmTemplate, type TemplateFormat } from '../connectors/msk/alarms/templates.ts';
import { watchAlarms } from '../connectors/msk/alarms/watch-alarms.ts';
import { requireMsk } from './choose-host.ts';
import type { Session } from './session.ts';

export interface AlarmOptions {
  readonly format: TemplateFormat;
  /** ARN of the SNS topic that hears of them. */
  readonly sns: string | undefined;
  /** Also on what `connect watch` tells. */
  readonly watch: boolean;
}

/** CloudWatch alarms for the sinks of an environment on MSK Connect, as a template. Asks no server. Errors: USAGE for any other environment. */
export function mskAlarms(session: Session, { format, sns, watch }: AlarmOptions): object {
  const { connect, name } = requireMsk(session.environment);
  const { streams } = session;
  const ofSinks = streams.flatMap((stream) => alarmsOf(stream, connect, name));
  const alarms = watch ? [...ofSinks, ...watchAlarms(streams, name)] : ofSinks;
  return alarmTemplate(format, alarms, { environment: name, sns });
}
