import { stripVTControlCharacters } from 'node:util';

/** Text in columns, by what a terminal shows: colours take no room. */

export const shownWidth = (text: string): number => [...stripVTControlCharacters(text)].length;

export function padTo(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const room = ' '.repeat(Math.max(0, width - shownWidth(text)));
  return side === 'left' ? text + room : room + text;
}

/** Cuts to what fits in one line of a terminal, with an ellipsis. Colours of cut text are dropped. */
export function cut(text: string, width: number): string {
  if (shownWidth(text) <= width) return text;
  const characters = [...stripVTControlCharacters(text)];
  return `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Keeps both ends: folder names and addresses differ at the end. */
export function cutMiddle(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (width - 1 - head)).join('')}`;
}

/** Rows with equal columns; columns named in `right` are numbers. The last column is not padded. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, shownWidth(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, index) => {
        if (right.includes(index)) return padTo(cell, widths[index] ?? 0, 'right');
        return index === row.length - 1 ? cell : padTo(cell, widths[index] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
}

export interface Squeeze {
  right: readonly number[];
  width: number;
  /** The first column is not cut to less. */
  least: number;
}

/** A table whose first column gives way, cut in the middle, so that the lines fit into `width` if they can. */
export function squeezedTable(rows: readonly (readonly string[])[], { right, width, least }: Squeeze): string[] {
  const lines = table(rows, right);
  const over = Math.max(0, ...lines.map(shownWidth)) - width;
  if (over <= 0) return lines;
  const room = Math.max(least, Math.max(...rows.map(([first = '']) => shownWidth(first))) - over);
  const narrowed = rows.map(([first = '', ...rest]) => [
    shownWidth(first) <= room ? first : cutMiddle(stripVTControlCharacters(first), room),
    ...rest,
  ]);
  return table(narrowed, right);
}

/** The same; null when it does not fit. */
export function fittingTable(rows: readonly (readonly string[])[], squeeze: Squeeze): string[] | null {
  const lines = squeezedTable(rows, squeeze);
  return lines.every((line) => shownWidth(line) <= squeeze.width) ? lines : null;
}

/** Breaks text into lines of at most `width`, between words where it can. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && shownWidth(line) + 1 + shownWidth(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (shownWidth(line) > width) {
      lines.push([...line].slice(0, width).join(''));
      line = [...line].slice(width).join('');
    }
  }
  return [...lines, line];
}
