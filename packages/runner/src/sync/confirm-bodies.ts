import type { MailSession, MessageMeta } from '@mxodus/model';
import type { OpenFolder, SyncContext } from './sync-context.ts';

export interface ReadBody {
  meta: MessageMeta;
  bytes: Buffer;
}

/** After so many bodies that were right although their RFC822.SIZE was not, the server's sizes are not believed any more. */
const WRONG_SIZES = 20;

/**
 * A body of another size than was listed is half an answer, or the server says wrong sizes (Exchange estimates them). It is read again:
 * two equal answers are believed, and so is one of the size that was listed. An empty body never is, where the list says otherwise.
 * Those that are not believed are left out.
 */
export async function confirmBodies(
  context: SyncContext,
  folder: OpenFolder,
  { reader, read }: { reader: MailSession; read: readonly ReadBody[] },
): Promise<ReadBody[]> {
  // Made anew with each answer: no two need be equal, and an answer is whole or none.
  if (reader.keyed !== null) return read.filter(({ bytes }) => bytes.length > 0);
  const odd = read.filter(({ meta, bytes }) => bytes.length !== meta.bytes);
  if (odd.length === 0) return [...read];
  const believed = new Map<number, Buffer>();
  if (context.counters.wrongSizes < WRONG_SIZES) {
    const answers = new Map(odd.map(({ meta, bytes }) => [meta.uid, [bytes]]));
    for (let again = 1; again <= 2 && believed.size < odd.length; again += 1) {
      const open = odd.filter(({ meta }) => !believed.has(meta.uid));
      const sizes = new Map(open.map(({ meta }) => [meta.uid, meta.bytes]));
      for await (const { uid, body } of reader.fetch(folder.source, [...sizes.keys()], folder.sourceUidValidity)) {
        const before = answers.get(uid) ?? [];
        const agreed = body.length === sizes.get(uid) || before.some((other) => other.equals(body));
        if (agreed) believed.set(uid, body);
        before.push(body);
      }
    }
    context.counters.wrongSizes += [...believed].filter(([uid, body]) => answers.get(uid)?.[0]?.equals(body)).length;
  } else {
    for (const { meta, bytes } of odd) believed.set(meta.uid, bytes);
  }
  return read.flatMap(({ meta, bytes }) => {
    if (bytes.length === meta.bytes) return [{ meta, bytes }];
    const body = believed.get(meta.uid);
    return body === undefined || (body.length === 0 && meta.bytes > 0) ? [] : [{ meta, bytes: body }];
  });
}
