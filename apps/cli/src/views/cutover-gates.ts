import type { Gate } from '@mxodus/model';
import { table } from '../output/columns.ts';
import type { Style } from '../output/style.ts';

/** Each gate with its reason; below what is not green, what to do about it, or who lets it pass. */
export function gateLines(gates: readonly Gate[], style: Style): string[] {
  const lines = table(
    gates.map((gate) => [
      statusWord(gate, style),
      gate.id,
      gate.name,
      gate.waived ? `${gate.status}: ${gate.why}` : gate.why,
    ]),
  );
  const indent = ' '.repeat(4 + Math.max(0, ...gates.map((gate) => statusWord(gate, PLAIN).length)));
  return gates.flatMap(({ status, fix, waived }, index) => [
    `  ${lines[index] ?? ''}`,
    ...(waived === undefined ? [] : [`${indent}${style.dim(`by ${waived.by} until ${waived.until}: ${waived.why}`)}`]),
    ...(status === 'green' || fix === '' ? [] : [`${indent}${style.dim(`fix: ${fix}`)}`]),
  ]);
}

/** "G3 recipients, G7 backlog". */
export const gateNames = (gates: readonly Pick<Gate, 'id' | 'name'>[]): string =>
  gates.map(({ id, name }) => `${id} ${name}`).join(', ');

function statusWord({ status, waived }: Gate, style: Style): string {
  if (waived !== undefined) return style.warn('waived');
  switch (status) {
    case 'green':
      return style.good(status);
    case 'amber':
      return style.warn(status);
    case 'red':
    case 'unknown':
      return style.bad(status);
  }
}

const asIs = (text: string): string => text;
const PLAIN: Style = { bold: asIs, dim: asIs, good: asIs, warn: asIs, bad: asIs };
