/** Words that flags may take. The command line imports them at its start, so nothing heavy may come with them. */
export { ACL_ROLES } from '../connectors/acl/acls.ts';
export { TEMPLATE_FORMATS } from '../connectors/msk/alarms/templates.ts';
export { POLICY_ROLES } from '../connectors/msk/iam/commands.ts';
export { START_FROM, type StartFrom } from '../connectors/plan/start-plan.ts';
export { PROFILE_NAMES, type ProfileName } from '../producer/simulator/market/profiles.ts';
export { PART_NAMES, type PartName } from '../stack/types.ts';
export { TEMPLATES, type Template } from './init/templates.ts';
export { CHECKED_PARTS, type CheckedPart } from './unknown-parts.ts';
