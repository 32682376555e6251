import type { EventOf, Wait } from '@mxodus/model';
import { cutMiddle, wrap } from '../output/columns.ts';
import { timestamp } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { waitText } from './wait-text.ts';

const SHOWN = 3;
const NAME_WIDTH = 40;

/** The mailboxes that wait now, for the views of commands that say little else about one mailbox. */
export class Waits {
  readonly #now = new Map<string, Wait>();

  on({ mailbox, why, until, over }: EventOf<'waiting'>): void {
    if (over) this.#now.delete(mailbox);
    else this.#now.set(mailbox, { why, until });
  }

  /** For the live block: the first three, and how many more. */
  lines(at: Date, width: number, style: Style): string[] {
    const waits = [...this.#now];
    const lines = waits.slice(0, SHOWN).flatMap(([mailbox, wait]) => {
      const text = `${cutMiddle(mailbox, NAME_WIDTH)} is ${waitText(wait, at)}`;
      return wrap(text.replace(' is waiting', ` is ${style.warn('waiting')}`), Math.max(20, width - 3));
    });
    const more = waits.length > SHOWN ? [style.dim(`and ${waits.length - SHOWN} more wait`)] : [];
    return [...lines, ...more].map((line) => `  ${line}`);
  }
}

/** Of a log, after the name of the command; null: the wait is over. */
export function waitLogText({ mailbox, why, until, over }: EventOf<'waiting'>): string | null {
  if (over) return null;
  const end = until === null ? '' : ` until=${timestamp(new Date(until))}`;
  return `${mailbox} state=waiting${end} reason=${JSON.stringify(why)}`;
}
