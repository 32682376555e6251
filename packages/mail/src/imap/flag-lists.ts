/** Flag lists as mxodus keeps them: sorted, without \Recent. Equal lists are one array, for a folder has few kinds and many messages. */

const MOST_KEPT = 4096;

interface Known {
  bytes: Buffer;
  flags: readonly string[];
}

export class FlagLists {
  /** By a hash of the bytes: to make a string of every list costs more than all the rest. */
  readonly #known = new Map<number, Known>();

  /** The flags in `buffer[start..end)`, separated by spaces. */
  read(buffer: Buffer, start: number, end: number): readonly string[] {
    let hash = end - start;
    for (let position = start; position < end; position += 1) hash = (hash * 31 + (buffer[position] ?? 0)) & 0x3fffffff;
    const known = this.#known.get(hash);
    if (known !== undefined && isSame(known.bytes, buffer, start, end)) return known.flags;
    const flags = normalFlags(buffer.toString('utf8', start, end).split(' '));
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    this.#known.set(hash, { bytes: Buffer.from(buffer.subarray(start, end)), flags });
    return flags;
  }
}

function isSame(bytes: Buffer, buffer: Buffer, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false;
  for (let index = 0; index < bytes.length; index += 1) if (bytes[index] !== buffer[start + index]) return false;
  return true;
}

function normalFlags(words: readonly string[]): readonly string[] {
  const flags = words.filter((word) => word !== '' && word.toLowerCase() !== '\\recent');
  return Object.freeze([...new Set(flags)].sort());
}
