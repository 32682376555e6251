import type { Alteration } from '@mxodus/model';

/** What a message loses on its way, each once, in the order it was found. */
export class Alterations {
  readonly #byWhat = new Map<string, Alteration>();

  add(what: string, why: string): void {
    if (!this.#byWhat.has(what)) this.#byWhat.set(what, { what, why });
  }

  list(): Alteration[] {
    return [...this.#byWhat.values()];
  }
}

/** "a", "b", "c" and 7 more. Each at most 80 characters. */
export function named(items: readonly string[]): string {
  const shown = items.slice(0, 3).map((item) => JSON.stringify(item.length > 80 ? `${item.slice(0, 79)}…` : item));
  const more = items.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

/** Characters XML 1.0 has no place for: Exchange refuses or drops them. Tab, LF and CR stay; half surrogate pairs are replaced. */
export function withoutControls(text: string): { text: string; changed: boolean } {
  const clean = text.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '');
  return { text: clean, changed: clean !== text };
}

/** At most so many UTF-16 units, no surrogate pair cut in two. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
}
