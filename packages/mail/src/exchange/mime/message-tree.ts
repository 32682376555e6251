import type { HeaderField } from './header-block.ts';
import type { StoredContent } from './part-store.ts';

/** A message as the parser sees it: what map-message.ts maps. */
export interface ParsedMessage {
  fields: readonly HeaderField[];
  /** The header block as it was received. */
  head: Buffer;
  root: ParsedPart;
  /** The whole message, as it was received. */
  original: { size: number; content: StoredContent };
  /** The beginning of what stands before the first part or after the last one. */
  outside: string;
  loneCarriageReturns: boolean;
}

/** A container with its parts, or a part with content. */
export interface ParsedPart {
  /** "text/plain", lower case. A container without any part is text. */
  type: string;
  /** Of Content-Type, by lower-case name, decoded. */
  parameters: Readonly<Record<string, string>>;
  /** Content-Type was given. */
  typed: boolean;
  disposition: string | null;
  /** Decoded, as the message has it. */
  filename: string | null;
  /** Without its brackets. */
  contentId: string | null;
  contentLocation: string | null;
  /** Content-Transfer-Encoding, lower case; '' where there is none. */
  encoding: string;
  /** The transfer encoding was broken; it is decoded as far as it can be read. */
  damaged: boolean;
  children: readonly ParsedPart[];
  /** Decoded bytes. */
  size: number;
  /** Decoded. null: a container, or more than can be kept. */
  content: StoredContent | null;
  /** The Subject of an embedded message. */
  innerSubject: string | null;
  /** An embedded message has an embedded message of its own. */
  nests: boolean;
}
