import { expect, test } from 'vitest';
import { findClasses } from '../../../../stack/plugin/find-classes.ts';
import { makeJar, makeZip } from '../../../support/jars.ts';

test('a class is found in a jar at any depth, with the Java release that it needs', async () => {
  const zip = await makeZip({
    'a/one.jar': await makeJar({ classes: { 'com/example/One': 11, 'com/example/One$Inner': 17 } }),
    'two.jar': await makeJar({ classes: { 'com/example/Two': 21 } }),
    'com/example/Loose.class': 'no worker looks here',
  });
  const names = ['com.example.One', 'com.example.One$Inner', 'com.example.Two', 'com.example.Loose', 'example.Two'];
  expect(Object.fromEntries(await findClasses(zip, names))).toEqual({
    'com.example.One': { jar: 'one.jar', java: 11 },
    'com.example.One$Inner': { jar: 'one.jar', java: 17 },
    'com.example.Two': { jar: 'two.jar', java: 21 },
  });
});

test('a text inside a jar that looks like a class is none', async () => {
  const jar = await makeJar({
    files: { 'README.class.txt': 'see com/example/One.class', 'x/com/example/One.class': 'x' },
  });
  expect((await findClasses(await makeZip({ 'a.jar': jar }), ['com.example.One'])).size).toBe(0);
});
