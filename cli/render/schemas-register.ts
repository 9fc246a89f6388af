import type { Registration } from '../../app/schemas-register.ts';

export const registrationLine = ({ subject, version, id, level, outcome }: Registration): string =>
  `${outcome === 'registered' ? '+' : '='} ${subject}  version ${version}, id ${id}, ${level}  ${outcome}`;
