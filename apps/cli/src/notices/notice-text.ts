import { table as columns, wrap } from '../output/columns.ts';
import type { Block, Notice } from './notice.ts';

const WIDTH = 76;

/** The notice as plain text, ready for the body of a mail. */
export function noticeText({ title, blocks }: Notice): string {
  return `${[title, '='.repeat([...title].length), ...blocks.flatMap((block) => ['', ...linesOf(block)])].join('\n')}\n`;
}

function linesOf(block: Block): string[] {
  switch (block.kind) {
    case 'text':
      return wrap(block.text, WIDTH);
    case 'heading':
      return [block.text, '-'.repeat([...block.text].length)];
    case 'list':
      return block.items.flatMap((item) => {
        const [first = '', ...rest] = wrap(item, WIDTH - 2);
        return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
      });
    case 'table':
      return tableLines(block);
  }
}

/** Side by side where that fits, else one below the other. */
function tableLines({ head, rows }: Extract<Block, { kind: 'table' }>): string[] {
  const lines = columns([head, ...rows]);
  if (lines.every((line) => line.length <= WIDTH)) return lines.map((line) => `  ${line}`);
  return rows.flatMap(([first = '', ...rest]) => [
    ...wrap(`${first}:`, WIDTH - 2).map((line) => `  ${line}`),
    ...rest.flatMap((cell) => wrap(cell, WIDTH - 4).map((line) => `    ${line}`)),
  ]);
}
