import { open, readFile } from 'node:fs/promises';
import { invariant } from '@mxodus/model';
import type { GraphAttachment } from '../mime/graph-message.ts';

export const readAttachment = async ({ content }: GraphAttachment): Promise<Buffer> =>
  content.kind === 'memory' ? content.bytes : await readFile(content.path);

/** The bytes from `from`, at most `length` of them. */
export async function readRange(
  { content, size }: GraphAttachment,
  { from, length }: { from: number; length: number },
): Promise<Buffer> {
  const wanted = Math.min(length, size - from);
  if (content.kind === 'memory') return content.bytes.subarray(from, from + wanted);
  const file = await open(content.path);
  try {
    const range = Buffer.allocUnsafe(wanted);
    for (let read = 0; read < wanted; ) {
      const { bytesRead } = await file.read(range, read, wanted - read, from + read);
      invariant(bytesRead > 0, `a spilled attachment has ${size} bytes`);
      read += bytesRead;
    }
    return range;
  } finally {
    await file.close();
  }
}
