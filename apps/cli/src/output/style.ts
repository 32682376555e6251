import { styleText } from 'node:util';
import type { TextStream } from './terminal.ts';

/** Colour only underlines what the words already say. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

export function makeStyle(coloured: boolean): Style {
  const as =
    (format: Format) =>
    (text: string): string =>
      coloured ? styleText(format, text, { validateStream: false }) : text;
  return { bold: as('bold'), dim: as('dim'), good: as('green'), warn: as('yellow'), bad: as('red') };
}

/** Off when not a terminal, with NO_COLOR (no-color.org), on a dumb terminal, or when told so. */
export function wantsColour(
  stream: TextStream,
  env: Readonly<Record<string, string | undefined>>,
  option: boolean,
): boolean {
  return option && stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}
