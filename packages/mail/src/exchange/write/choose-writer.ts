import type { MessageTraits } from '../mime/graph-message.ts';
import type { WriterName } from './exchange-writer.ts';

/** A create that holds all of its message is smaller: 4 MB is the limit of a request, base64 and the rest included. */
export const ONE_CREATE_BYTES = 3_500_000;

export interface WriterSetup {
  writer: 'auto' | WriterName;
  /** The IMAP way is set up. */
  imap: boolean;
}

/**
 *   writer             message                                                    written by
 *   imap-append        any                                                        imap-append
 *   graph-importmime   a draft (importMime makes none), or without a Message-ID   graph-json
 *   graph-importmime   any other                                                  graph-importmime
 *   graph-json         any                                                        graph-json
 *   auto               a draft                                                    graph-json
 *   auto, IMAP set up  signed, encrypted, deeply nested, too large for one POST   imap-append
 *   auto               any other, and any without a Message-ID                    graph-json
 *
 * IMAP and importMime keep no key: after an answer that never came a copy is found again by its Message-ID alone.
 *
 * @param traits null: not known, because nothing depends on them
 */
export function chooseWriter(
  { draft, traits }: { draft: boolean; traits: (MessageTraits & { hasMessageId: boolean }) | null },
  { writer, imap }: WriterSetup,
): WriterName {
  if (writer === 'graph-importmime') return draft || traits?.hasMessageId === false ? 'graph-json' : writer;
  if (writer !== 'auto') return writer;
  if (draft || !imap || traits === null || !traits.hasMessageId) return 'graph-json';
  const { signed, encrypted, deeplyNested, bytes } = traits;
  return signed || encrypted || deeplyNested || bytes >= ONE_CREATE_BYTES ? 'imap-append' : 'graph-json';
}
