import { CUTOVER_STATES, type CutoverState } from '@mxodus/model';
import { wrap } from '../output/columns.ts';
import type { Style } from '../output/style.ts';

const WAY_BACK: readonly CutoverState[] = ['ROLLING_BACK', 'ROLLED_BACK'];
const WAY: readonly CutoverState[] = CUTOVER_STATES.filter((state) => !WAY_BACK.includes(state));

/** "9 of 12", or "1 of 2, on the way back". */
export function placeText(state: CutoverState): string {
  const isBack = WAY_BACK.includes(state);
  const row = isBack ? WAY_BACK : WAY;
  return `${row.indexOf(state) + 1} of ${row.length}${isBack ? ', on the way back' : ''}`;
}

/** All states in their order, the present one in brackets, in lines of at most `width`. */
export function statesRow(state: CutoverState, width: number, style: Style): string[] {
  const row = WAY_BACK.includes(state) ? WAY_BACK : WAY;
  const at = row.indexOf(state);
  const words = row.map((one, index) => {
    if (one === state) return style.bold(`[${one}]`);
    return index < at ? one.toLowerCase() : style.dim(one.toLowerCase());
  });
  return wrap(words.join(' > '), width);
}
