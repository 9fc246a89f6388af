/** A spot in a file of the project; line and column count from 1. */
export interface Place {
  /** Relative to the project. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `schemas/position-update.avsc:41` */
export const placeText = ({ file, line }: Place): string => `${file}:${line}`;

/** The first spot of a file: for what has no better place. */
export const startOf = (file: string): Place => ({ file, line: 1, column: 1 });
