import { open } from 'node:fs/promises';
import type { Body } from '@mxodus/model';

/** What is read to find out how a message is written. */
const FIRST_BYTES = 64 * 1024;
const CHUNK_BYTES = 128 * 1024;
const HEADER_LINE = /^[!-9;-~]+[ \t]*:/m;

export interface MessageBytes {
  /** The message with CRLF or LF line ends, and a header, even if an empty one. */
  chunks: AsyncGenerator<Buffer>;
  /** Its lines end in a lone CR: they come out with CRLF. */
  loneCarriageReturns: boolean;
}

/** The first bytes of a message, at most so many. */
export async function firstBytes(body: Body, most: number): Promise<Buffer> {
  if (body.kind === 'memory') return body.bytes.subarray(0, most);
  const file = await open(body.path);
  try {
    const bytes = Buffer.alloc(Math.min(most, body.size));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

export async function messageBytes(body: Body): Promise<MessageBytes> {
  const first = await firstBytes(body, FIRST_BYTES);
  const loneCarriageReturns = !first.includes(0x0a) && first.filter((byte) => byte === 0x0d).length > 1;
  const headless = !hasHeader(first.toString('latin1'));
  const skip = first.length >= 3 && first.readUIntBE(0, 3) === 0xefbbbf ? 3 : 0;
  return {
    loneCarriageReturns,
    chunks: loneCarriageReturns ? withLineFeeds(chunksOf(body, skip, headless)) : chunksOf(body, skip, headless),
  };
}

/** A first line that is no field does not matter as long as another one is. */
function hasHeader(first: string): boolean {
  const block = /^(?:\xef\xbb\xbf)?([\s\S]*?)(?:\r?\n\r?\n|\r\r|$)/.exec(first)?.[1] ?? '';
  return first.startsWith('\n') || first.startsWith('\r\n') || HEADER_LINE.test(block.replaceAll('\r', '\n'));
}

async function* chunksOf(body: Body, skip: number, headless: boolean): AsyncGenerator<Buffer> {
  if (headless) yield Buffer.from('\r\n');
  if (body.kind === 'memory') {
    for (let at = skip; at < body.bytes.length; at += CHUNK_BYTES) yield body.bytes.subarray(at, at + CHUNK_BYTES);
    return;
  }
  const file = await open(body.path);
  try {
    yield* file.createReadStream({ start: skip, highWaterMark: CHUNK_BYTES, autoClose: false });
  } finally {
    await file.close();
  }
}

async function* withLineFeeds(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let held = '';
  for await (const chunk of chunks) {
    const text = held + chunk.toString('latin1');
    held = text.endsWith('\r') ? '\r' : '';
    yield Buffer.from(text.slice(0, text.length - held.length).replace(/\r(?!\n)/g, '\r\n'), 'latin1');
  }
  if (held !== '') yield Buffer.from('\r\n');
}
