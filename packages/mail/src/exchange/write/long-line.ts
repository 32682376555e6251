import { createReadStream } from 'node:fs';
import type { Body } from '@mxodus/model';

const LF = 0x0a;

/** Bytes of the longest line, without its end. */
export async function longestLine(body: Body): Promise<number> {
  let [longest, current] = [0, 0];
  for await (const chunk of chunksOf(body)) {
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(LF, from);
      current += (end < 0 ? chunk.length : end) - from;
      longest = Math.max(longest, current);
      if (end < 0) break;
      current = 0;
      from = end + 1;
    }
  }
  return longest;
}

async function* chunksOf(body: Body): AsyncGenerator<Buffer> {
  if (body.kind === 'memory') yield body.bytes;
  else for await (const chunk of createReadStream(body.path)) yield Buffer.from(chunk);
}
