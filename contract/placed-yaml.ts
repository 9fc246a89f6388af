import { type Path, parseYamlFile } from '../pipeline/yaml-file.ts';
import type { Place } from './place.ts';

/** A YAML file of the project whose values know where they stand. */
export interface PlacedYaml {
  readonly file: string;
  /** Whether the file says anything at that path. */
  has(path: Path): boolean;
  /** Where the value stands, or the nearest parent there is. */
  placeOf(path: Path): Place;
}

/** Reads a file that the project's loading has accepted. */
export function placeYaml(file: string, text: string): PlacedYaml {
  const parsed = parseYamlFile(file, text);
  return {
    file,
    has(path) {
      let value: unknown = parsed.data;
      for (const step of path) {
        if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
        value = (value as Record<string | number, unknown>)[step];
      }
      return true;
    },
    placeOf(path) {
      const { line, column } = parsed.problemAt(path, '');
      return { file, line, column };
    },
  };
}
