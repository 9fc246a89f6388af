import { expect, test } from 'vitest';
import { loadProject, selectEnvironment, selectStreams } from '../../../pipeline/load.ts';
import { LOCAL, POSITIONS, projectFolder } from './project-folder.ts';

const project = () => loadProject(projectFolder({ 'connect.yaml': LOCAL, 'connectors/positions.yaml': POSITIONS }), {});

test('the default environment is used when none is named', () => {
  expect(selectEnvironment(project()).name).toBe('local');
});

test('a misspelt environment is met with the one that was meant', () => {
  expect(() => selectEnvironment(project(), 'loacl')).toThrow(
    'no environment "loacl" in connect.yaml; did you mean "local"?',
  );
  expect(() => selectEnvironment(project(), 'constructor')).toThrow('no environment "constructor"');
});

test('all streams unless some are named', () => {
  expect(selectStreams(project()).map((stream) => stream.name)).toEqual(['positions']);
  expect(selectStreams(project(), ['positions'])).toHaveLength(1);
});

test('a misspelt stream is met with the one that was meant', () => {
  expect(() => selectStreams(project(), ['position'])).toThrow('no stream "position"; did you mean "positions"?');
});

test('an environment that stands in the place of a stream is met with its flag', () => {
  expect(() => selectStreams(project(), ['local'])).toThrow(
    expect.objectContaining({ hint: 'local is an environment: give it as `-e local`' }),
  );
});

test('a project without a stream says where one would be defined', () => {
  const empty = loadProject(projectFolder({ 'connect.yaml': LOCAL }), {});
  expect(() => selectStreams(empty)).toThrow('no stream is defined');
});
