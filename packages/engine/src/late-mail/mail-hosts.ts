import { isLoopback, isPrivate } from './ip-address.ts';
import type { HopClient } from './received.ts';

/** An MX host, and its addresses as far as they are known. */
export interface MxHost {
  host: string;
  preference: number;
  addresses: readonly string[];
}

/**
 *   place     whose address it is
 *   old       an old MX host's that mail is delivered at (the best preference), or loopback: that host itself
 *   backup    another one's of the old MX set
 *   new       a new MX host's
 *   private   of a network that is not the Internet
 *   public    a stranger's
 *   unknown   the field names none
 */
export type Place = 'old' | 'backup' | 'new' | 'private' | 'public' | 'unknown';

/** Tells addresses and names of the old and new hosts apart from those of strangers. */
export class MailHosts {
  readonly #places: ReadonlyMap<string, Place>;
  readonly #names: ReadonlyMap<string, Place>;
  /** In a rehearsal on one machine everybody is on loopback: an address there says no more than any other. */
  readonly #onLoopback: boolean;

  constructor({ old, new: fresh }: { old: readonly MxHost[]; new: readonly MxHost[] }) {
    const best = Math.min(...old.map(({ preference }) => preference));
    const places = new Map<string, Place>();
    const names = new Map<string, Place>();
    const note = ({ host, addresses }: MxHost, place: Place): void => {
      const name = host.toLowerCase().replace(/\.$/, '');
      if (!names.has(name)) names.set(name, place);
      for (const address of addresses) if (!places.has(address)) places.set(address, place);
    };
    for (const host of old.filter(({ preference }) => preference === best)) note(host, 'old');
    for (const host of old.filter(({ preference }) => preference !== best)) note(host, 'backup');
    for (const host of fresh) note(host, 'new');
    this.#places = places;
    this.#names = names;
    this.#onLoopback = [...places.keys()].some(isLoopback);
  }

  placeOf({ address, name }: HopClient): Place {
    if (address === null) return this.#names.get(name ?? '') ?? 'unknown';
    const known = this.#places.get(address);
    if (known !== undefined) return known;
    if (isLoopback(address)) return this.#onLoopback ? 'public' : 'old';
    return isPrivate(address) ? 'private' : 'public';
  }

  /** Of a host that says it took a message. */
  placeOfName(name: string | null): Place {
    return this.#names.get(name ?? '') ?? 'unknown';
  }
}

/** Enough for names that are compared only with each other: the last two labels, three below such as co.uk. */
export function organisation(name: string | null): string | null {
  const labels = (name ?? '').toLowerCase().split('.').filter(Boolean);
  if (labels.length < 2) return null;
  const [second = '', top = ''] = labels.slice(-2);
  return labels.slice(top.length === 2 && second.length <= 3 ? -3 : -2).join('.');
}

/** "mail.example.net [192.0.2.7]" */
export function clientText({ name, helo, address }: HopClient): string {
  const host = name ?? helo;
  if (address === null) return host ?? '';
  return host === null ? `[${address}]` : `${host} [${address}]`;
}
