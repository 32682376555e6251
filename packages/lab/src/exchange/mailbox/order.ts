import type { SimItem } from './item.ts';

/** Messages by received date, oldest first; equal dates by serial. Adding and removing look by halves. */
export class ByDate {
  readonly #items: SimItem[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: SimItem): void {
    this.#items.splice(this.#position(item.received, item.serial), 0, item);
  }

  /** By the date it was added with. */
  remove(item: SimItem): void {
    const at = this.#position(item.received, item.serial);
    if (this.#items[at] === item) this.#items.splice(at, 1);
    else throw new Error(`message ${item.serial} is not where its date says`);
  }

  at(index: number): SimItem | undefined {
    return this.#items[index];
  }

  /** Those received at or after `low` and before `high`. */
  between(low: number, high: number): readonly SimItem[] {
    return this.#items.slice(this.#position(low, 0), this.#position(high, 0));
  }

  /** Live: not to be kept over a change. */
  all(): readonly SimItem[] {
    return this.#items;
  }

  #position(received: number, serial: number): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = this.#items[middle];
      if (item !== undefined && (item.received < received || (item.received === received && item.serial < serial)))
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
