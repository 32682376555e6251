/**
 * Messages that were on a line when it died. One that kills each line it is on ("poison") must not hold up the others: whoever was
 * on a dying line travels in ever smaller company, and one that was alone each time is set aside.
 *
 *   deaths   1 .. 3                  alone twice in a row    alone three times
 *   batch    100 -> 25 -> 6 -> 1     sent with a repair      set aside
 *
 * They travel after all others, those of the fewest deaths first: each attempt moves something until only the guilty are left.
 */
export class Suspects {
  readonly #deaths = new Map<string, { times: number; alone: number; words: string }>();

  /** The line ended while these were read or sent. */
  blame(ledgerId: number, uids: readonly number[], words: string): void {
    for (const uid of uids) {
      const known = this.#deaths.get(`${ledgerId} ${uid}`) ?? { times: 0, alone: 0 };
      const alone = uids.length === 1 ? known.alone + 1 : 0;
      this.#deaths.set(`${ledgerId} ${uid}`, { times: known.times + 1, alone, words });
    }
  }

  /** How many messages may travel with this one. */
  company(ledgerId: number, uid: number, most: number): number {
    const { times } = this.#deaths.get(`${ledgerId} ${uid}`) ?? { times: 0 };
    return Math.max(1, Math.floor(most / 4 ** times));
  }

  /** The same messages in the order they are to travel in. */
  *inOrder<M extends { uid: number }>(ledgerId: number, messages: Iterable<M>): Generator<M> {
    const heldBack: { message: M; times: number }[] = [];
    for (const message of messages) {
      const found = this.#deaths.get(`${ledgerId} ${message.uid}`);
      if (found === undefined) yield message;
      else heldBack.push({ message, times: found.times });
    }
    heldBack.sort((a, b) => a.times - b.times);
    for (const { message } of heldBack) yield message;
  }

  /** The server's last words, where a repair is to be tried; null: nowhere. */
  wantsRepair(ledgerId: number, uid: number): string | null {
    const found = this.#deaths.get(`${ledgerId} ${uid}`);
    return found?.alone === 2 ? found.words : null;
  }

  /** Why it is set aside; null: it is not. */
  verdict(ledgerId: number, uid: number): string | null {
    const found = this.#deaths.get(`${ledgerId} ${uid}`);
    if (found === undefined || found.alone < 3) return null;
    return `the connection ended ${found.times} times while it was read or sent: ${found.words}`;
  }
}
