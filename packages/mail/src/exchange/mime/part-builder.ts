import { headerFields, strayLines } from './header-block.ts';
import type { ParsedPart } from './message-tree.ts';
import { type PartHeader, partHeader, subjectIn } from './part-header.ts';
import type { PartSink, StoredContent } from './part-store.ts';
import { type TransferDecoder, transferDecoder } from './transfer-decoding.ts';

/** Of an embedded message, to find its Subject. */
const INNER_HEAD_BYTES = 64 * 1024;
const INNER_MESSAGE = /^content-type[ \t]*:\s*"?message\/(?:rfc822|global)/im;
/** As long as the longest line INNER_MESSAGE may match across two pieces. */
const OVERLAP = 128;
const DASH = 0x2d;

/** A part while its bytes come in. */
export class PartBuilder {
  readonly head: Buffer;
  readonly depth: number;
  readonly #header: PartHeader;
  readonly #decoder: TransferDecoder;
  readonly #children: PartBuilder[] = [];
  #sink: PartSink | null = null;
  /** Keeps only what memory has room for. */
  #memoryOnly = false;
  #content: StoredContent | null = null;
  #size = 0;
  #begun = false;
  /** The first line end, while it may still belong to a delimiter. */
  #lineEnd: Buffer | null = null;
  /** Text right below the header, where the empty line is missing. */
  #early: string | null;
  #innerHead: Buffer[] = [];
  #innerHeadBytes = 0;
  #tail = '';
  #nests = false;

  constructor(head: Buffer, place: { depth: number; inDigest: boolean }) {
    this.head = head;
    this.depth = place.depth;
    this.#header = partHeader(headerFields(head), place.inDigest);
    this.#decoder = transferDecoder(this.isMultipart ? '' : this.#header.encoding);
    const { after } = this.isText && this.#header.encoding !== 'base64' ? strayLines(head) : { after: [] };
    this.#early = after.length === 0 ? null : after.join('\r\n');
  }

  get isMultipart(): boolean {
    return this.#header.type.startsWith('multipart/');
  }

  get isDigest(): boolean {
    return this.#header.type === 'multipart/digest';
  }

  /** It may become the body. A multipart is text as long as it has no part. */
  get isText(): boolean {
    return this.#header.type.startsWith('text/') || this.isMultipart;
  }

  get #isMessage(): boolean {
    return this.#header.type === 'message/rfc822' || this.#header.type === 'message/global';
  }

  get hasChildren(): boolean {
    return this.#children.length > 0;
  }

  keepIn(sink: PartSink, filesToo: boolean): void {
    this.#sink = sink;
    this.#memoryOnly = !filesToo;
  }

  add(child: PartBuilder): void {
    this.#children.push(child);
  }

  async write(bytes: Buffer): Promise<void> {
    await this.#writeEarly('\r\n\r\n');
    if (!this.#begun && isLineEnd(bytes)) this.#lineEnd = bytes;
    else await this.#decode(bytes);
    this.#begun = true;
  }

  /**
   * All of it has come.
   *
   * @param delimiter the line that ended it: mailsplit 5.4.30 gives the line end before it (RFC 2046 §5.1.1) to a part that has nothing else
   */
  async close(delimiter: Buffer | null): Promise<void> {
    await this.#writeEarly('');
    if (this.#lineEnd !== null && delimiter !== null && delimiter[0] === DASH) this.#lineEnd = null;
    await this.#decode(Buffer.alloc(0));
    await this.#keep(this.#decoder.end());
    const sink = this.#sink;
    this.#sink = null;
    this.#content = (await sink?.end()) ?? null;
  }

  /** Its first part begins; returns the beginning of what stood before it, at most so many bytes. */
  async becomeContainer(most: number): Promise<Buffer> {
    const before = this.#sink?.beginning(most) ?? Buffer.alloc(0);
    await this.abandon();
    return before;
  }

  async abandon(): Promise<void> {
    const sink = this.#sink;
    this.#sink = null;
    await sink?.drop();
  }

  result(): ParsedPart {
    const header = this.#header;
    const children = this.#children.map((child) => child.result());
    // Without a part (and mostly without a boundary) it is text, as RFC 2046 §5.1.1 has it for the area before the first one.
    const type = this.isMultipart && children.length === 0 ? 'text/plain' : header.type;
    return {
      ...header,
      type: children.length > 0 && !this.isMultipart ? 'multipart/mixed' : type,
      damaged: this.#decoder.damaged,
      children,
      size: this.#size,
      content: this.#content,
      innerSubject: this.#isMessage ? subjectIn(Buffer.concat(this.#innerHead)) : null,
      nests: this.#nests,
    };
  }

  async #writeEarly(end: string): Promise<void> {
    const text = this.#early;
    this.#early = null;
    if (text !== null) await this.#keep(this.#decoder.write(Buffer.from(text + end, 'latin1')));
  }

  async #decode(bytes: Buffer): Promise<void> {
    const before = this.#lineEnd;
    this.#lineEnd = null;
    if (before !== null) await this.#keep(this.#decoder.write(before));
    if (bytes.length > 0) await this.#keep(this.#decoder.write(bytes));
  }

  async #keep(bytes: Buffer): Promise<void> {
    this.#size += bytes.length;
    if (this.#isMessage) this.#look(bytes);
    if (this.#sink === null) return;
    if (this.#memoryOnly && !this.#sink.hasRoom(bytes.length)) await this.abandon();
    else await this.#sink.write(bytes);
  }

  #look(bytes: Buffer): void {
    if (this.#innerHeadBytes < INNER_HEAD_BYTES) {
      this.#innerHead.push(Buffer.from(bytes.subarray(0, INNER_HEAD_BYTES)));
      this.#innerHeadBytes += bytes.length;
    }
    if (this.#nests) return;
    const text = this.#tail + bytes.toString('latin1');
    this.#nests = INNER_MESSAGE.test(text);
    this.#tail = text.slice(-OVERLAP);
  }
}

const isLineEnd = (bytes: Buffer): boolean => bytes.length <= 2 && /^\r?\n$/.test(bytes.toString('latin1'));
