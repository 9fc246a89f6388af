import { alarmsOf } from '../connectors/msk/alarms/alarms.ts';
import { alarmTemplate, type TemplateFormat } from '../connectors/msk/alarms/templates.ts';
import { requireMsk } from './choose-host.ts';
import type { Session } from './session.ts';

export interface AlarmOptions {
  readonly format: TemplateFormat;
  /** ARN of the SNS topic that hears of them. */
  readonly sns: string | undefined;
}

/** CloudWatch alarms for the sinks of an environment on MSK Connect, as a template. Asks no server. Errors: USAGE for any other environment. */
export function mskAlarms(session: Session, { format, sns }: AlarmOptions): object {
  const { connect, name } = requireMsk(session.environment);
  const alarms = session.streams.flatMap((stream) => alarmsOf(stream, connect, name));
  return alarmTemplate(format, alarms, { environment: name, sns });
}
