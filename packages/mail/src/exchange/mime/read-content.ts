import type { Body } from '@mxodus/model';
import type { GraphContent, MessageTraits } from './graph-message.ts';
import { headerEnd, headerFields } from './header-block.ts';
import { mapAsAttachment, mapMessage } from './map-message.ts';
import { firstBytes } from './message-bytes.ts';
import { isOfTheSystem, parseMessage, sizeOf, Unparseable } from './parse-message.ts';
import { PartStore } from './part-store.ts';
import { traitsOf } from './traits.ts';

export { traitsOf };

export interface ReadOptions {
  /** Where attachments that are too large for memory are put, in a directory of their own; `discard` removes it. */
  tempDir: string;
  /** Attachments that together are above this go to files. Bytes. */
  memoryBytes: number;
}

export type ReadContent = GraphContent & { traits: MessageTraits };

/** Text is held to be decoded; what is above cannot be a body anyway. */
const TEXT_BYTES = 8 * 1024 * 1024;
/** Of the header, where the message cannot be parsed. */
const HEAD_BYTES = 1024 * 1024;

/**
 * What the message becomes in Exchange. Never refuses a message: what cannot be parsed is attached whole. An attachment may refer to
 * the file of the body itself, so keep it until the content is no longer needed. Throws what the disk says.
 */
export async function readContent(body: Body, options: ReadOptions): Promise<ReadContent> {
  const store = new PartStore(options.tempDir, { text: TEXT_BYTES, attachment: options.memoryBytes });
  try {
    return { ...mapMessage(await parseMessage(body, store)), discard: () => store.discard() };
  } catch (error) {
    await store.discard();
    if (isOfTheSystem(error)) throw error;
    const words = error instanceof Error ? error.message : String(error);
    return asAttachment(body, error instanceof Unparseable ? words : `its parts could not be mapped (${words})`);
  }
}

/**
 * The message's header in Exchange's form, and the whole original attached as original.eml: for what Exchange refuses otherwise.
 *
 * @param why for the report
 */
export async function asAttachment(
  body: Body,
  why = 'Exchange refused the message in its own form',
): Promise<ReadContent> {
  const first = await firstBytes(body, HEAD_BYTES);
  const head = first.subarray(0, headerEnd(first));
  const content = mapAsAttachment(
    { fields: headerFields(head), head, original: { size: sizeOf(body), content: body } },
    why,
  );
  return {
    ...content,
    traits: traitsOf(first.subarray(0, 64 * 1024), sizeOf(body)),
    discard: () => Promise.resolve(),
  };
}
