import { pipeline } from 'node:stream/promises';
import type { Body } from '@mxodus/model';
import { type MimeNode, Splitter, type SplitterChunk } from '@zone-eu/mailsplit';
import { headerFields } from './header-block.ts';
import { messageBytes } from './message-bytes.ts';
import type { ParsedMessage } from './message-tree.ts';
import { PartBuilder } from './part-builder.ts';
import type { PartStore } from './part-store.ts';

/** Exchange Online takes 250 attachments (2026-11); what is beyond is not even stored. */
export const MOST_ATTACHMENTS = 250;
/** Beyond these a message is attached whole. */
const MOST_DEPTH = 200;
const MOST_PARTS = 20_000;
const MOST_HEADER_BYTES = 2 * 1024 * 1024;
const MOST_OUTSIDE = 4096;

/** The message is no MIME that can be taken apart. The message is plain words. */
export class Unparseable extends Error {}

/**
 * Takes a message apart as it streams by. Embedded messages are parts like any other: their bytes stay what they are.
 *
 * Throws Unparseable where the parser gives up; errors of the disk come through.
 */
export async function parseMessage(body: Body, store: PartStore): Promise<ParsedMessage> {
  const { chunks, loneCarriageReturns } = await messageBytes(body);
  const splitter = new Splitter({ ignoreEmbedded: true, maxHeadSize: MOST_HEADER_BYTES, maxChildNodes: MOST_PARTS });
  const tree = new TreeBuilder(store);
  try {
    await pipeline(chunks, splitter, async (parsed: AsyncIterable<SplitterChunk>) => {
      for await (const chunk of parsed) await tree.take(chunk);
    });
    const { root, head } = await tree.finish();
    return {
      root,
      head,
      fields: headerFields(head, root.parameters.charset ?? null),
      original: { size: sizeOf(body), content: body },
      outside: tree.outside,
      loneCarriageReturns,
    };
  } catch (error) {
    await tree.abandon();
    if (error instanceof Unparseable || isOfTheSystem(error)) throw error;
    throw new Unparseable(`the parser gave up (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  }
}

export const sizeOf = (body: Body): number => (body.kind === 'memory' ? body.bytes.length : body.size);

/** A full disk, a file that is gone: nothing the message can help. */
export const isOfTheSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

class TreeBuilder {
  readonly #store: PartStore;
  readonly #parts = new Map<MimeNode, PartBuilder>();
  #root: PartBuilder | null = null;
  #open: PartBuilder | null = null;
  #attachments = 0;
  /** The last delimiter line, or what else is no content. */
  #delimiter: Buffer | null = null;
  /** The part that the last delimiter line began, until it is given. */
  #announced: MimeNode | null = null;
  outside = '';

  constructor(store: PartStore) {
    this.#store = store;
  }

  async take(chunk: SplitterChunk): Promise<void> {
    if (chunk.type === 'node') {
      await this.#begin(chunk);
      return;
    }
    if (chunk.type === 'data') {
      this.#delimiter = chunk.value ?? null;
      if (!this.#parts.has(chunk.node)) await this.#announce(chunk.node);
    }
    const part = this.#parts.get(chunk.node);
    // A delimiter line comes before the part it begins.
    if (part === undefined || chunk.value === undefined) return;
    if (part.hasChildren || part !== this.#open) {
      this.#addOutside(chunk.value);
      return;
    }
    const own = chunk.type === 'data' ? beforeDelimiter(chunk.value, chunk.node) : chunk.value.length;
    await part.write(chunk.value.subarray(0, own));
    if (own < chunk.value.length) {
      this.#addOutside(chunk.value.subarray(own));
      await this.#end();
    }
  }

  /** mailsplit 5.4.30 does not give a part whose header another delimiter ends. */
  async #announce(node: MimeNode): Promise<void> {
    const skipped = this.#announced;
    if (skipped !== null && skipped !== node && skipped._headerlen > 0) await this.#begin(skipped);
    this.#announced = node;
  }

  async finish(): Promise<{ root: ParsedMessage['root']; head: Buffer }> {
    await this.#end();
    if (this.#root === null) throw new Unparseable('it has neither a header nor a body');
    return { root: this.#root.result(), head: this.#root.head };
  }

  async #end(): Promise<void> {
    const part = this.#open;
    this.#open = null;
    await part?.close(this.#delimiter);
  }

  async abandon(): Promise<void> {
    await this.#open?.abandon();
  }

  async #begin(node: MimeNode): Promise<void> {
    this.#announced = null;
    const parent = node.parentNode === false ? null : (this.#parts.get(node.parentNode) ?? null);
    const depth = parent === null ? 0 : parent.depth + 1;
    if (depth > MOST_DEPTH) throw new Unparseable(`its parts are nested more than ${MOST_DEPTH} levels deep`);
    const before = this.#open;
    this.#open = null;
    if (before !== null && before === parent) this.#addOutside(await before.becomeContainer(MOST_OUTSIDE));
    else await before?.close(this.#delimiter);
    const part = new PartBuilder(node.getHeaders(), { depth, inDigest: parent?.isDigest ?? false });
    // Text beyond the room for it is in files, so it counts too.
    const room = this.#attachments < MOST_ATTACHMENTS && this.#store.files < 2 * MOST_ATTACHMENTS;
    if (!part.isText) this.#attachments += 1;
    if (room || part.isText) part.keepIn(this.#store.sink(part.isText ? 'text' : 'attachment'), room);
    this.#parts.set(node, part);
    parent?.add(part);
    this.#root ??= part;
    this.#open = part;
  }

  #addOutside(bytes: Buffer): void {
    if (this.outside.length < MOST_OUTSIDE) this.outside += bytes.toString('latin1', 0, MOST_OUTSIDE);
  }
}

/** mailsplit joins what is no content of a part, so what stands in a multipart without parts may run on beyond the end of its parent. */
function beforeDelimiter(bytes: Buffer, node: MimeNode): number {
  let end = bytes.length;
  for (let owner = node.parentNode; owner !== false; owner = owner.parentNode) {
    if (owner._boundary === false) continue;
    const at = bytes.indexOf(Buffer.concat([Buffer.from('\n--'), owner._boundary]));
    if (at >= 0) end = Math.min(end, at + 1);
  }
  return end;
}
