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
