import type { MessageMeta } from '@mxodus/model';

/**
 * Messages of a folder without their bodies, in columns: about 25 bytes each instead of 200, so that a mailbox of 500,000 messages
 * fits in the memory of one of 50,000. Rows are made when they are asked for.
 */
export class MessageTable {
  #uids = new Uint32Array(64);
  /** A size may be above 4 GiB only in a lying row; kept exact all the same. */
  #bytes = new Float64Array(64);
  #dates = new Float64Array(64);
  #flags = new Uint32Array(64);
  readonly #flagSets: (readonly string[])[] = [];
  readonly #flagIds = new Map<string, number>();
  readonly #rest = new Map<number, Pick<MessageMeta, 'emailId' | 'labels'>>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(message: MessageMeta): void {
    if (this.#length === this.#uids.length) this.#grow();
    const at = this.#length;
    this.#uids[at] = message.uid;
    this.#bytes[at] = message.bytes;
    this.#dates[at] = message.internalDate ?? Number.NaN;
    this.#flags[at] = this.#flagId(message.flags);
    const { emailId, labels } = message;
    if (emailId !== undefined || labels !== undefined) {
      this.#rest.set(message.uid, {
        ...(emailId === undefined ? {} : { emailId }),
        ...(labels === undefined ? {} : { labels }),
      });
    }
    this.#length += 1;
  }

  at(index: number): MessageMeta {
    const uid = this.#uids[index] ?? 0;
    const date = this.#dates[index] ?? Number.NaN;
    return {
      uid,
      flags: this.#flagSets[this.#flags[index] ?? 0] ?? [],
      internalDate: Number.isNaN(date) ? null : date,
      bytes: this.#bytes[index] ?? 0,
      ...this.#rest.get(uid),
    };
  }

  *[Symbol.iterator](): Generator<MessageMeta> {
    for (let index = 0; index < this.#length; index += 1) yield this.at(index);
  }

  /** The messages, by UID; a row is made for one at a time. */
  *inOrder(newestFirst: boolean): Generator<MessageMeta> {
    const order = new Uint32Array(this.#length).map((_, index) => index);
    order.sort((a, b) => (this.#uids[a] ?? 0) - (this.#uids[b] ?? 0));
    if (newestFirst) order.reverse();
    for (const index of order) yield this.at(index);
  }

  without(uids: ReadonlySet<number>): MessageTable {
    if (uids.size === 0) return this;
    const rest = new MessageTable();
    for (const message of this) if (!uids.has(message.uid)) rest.add(message);
    return rest;
  }

  #flagId(flags: readonly string[]): number {
    const key = flags.join(' ');
    const known = this.#flagIds.get(key);
    if (known !== undefined) return known;
    this.#flagSets.push(flags);
    this.#flagIds.set(key, this.#flagSets.length - 1);
    return this.#flagSets.length - 1;
  }

  #grow(): void {
    const size = this.#uids.length * 2;
    const [uids, bytes, dates, flags] = [this.#uids, this.#bytes, this.#dates, this.#flags];
    this.#uids = new Uint32Array(size);
    this.#bytes = new Float64Array(size);
    this.#dates = new Float64Array(size);
    this.#flags = new Uint32Array(size);
    this.#uids.set(uids);
    this.#bytes.set(bytes);
    this.#dates.set(dates);
    this.#flags.set(flags);
  }
}
