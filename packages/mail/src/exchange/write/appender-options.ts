import type { Appender, ItemBook, KeyedMail } from '@mxodus/model';
import type { Graph } from '../graph/graph.ts';
import type { FolderPlace } from '../mailbox-folders.ts';
import type { ImportMimeProof } from './import-mime-writer.ts';

export interface ExchangeAppenderOptions {
  /** Of this mailbox; it reports what is written (GraphUse.onWrite). */
  graph: Graph;
  /** The name of the server in the config. */
  server: string;
  /** The mailbox: user principal name or id. */
  user: string;
  folders: FolderPlaces;
  items: ItemBook;
  writer: 'auto' | 'graph-json' | 'imap-append' | 'graph-importmime';
  /** Opens an IMAP connection that appends to the same mailbox; null where it is not set up. */
  imap: (() => Promise<Appender>) | null;
  /** What the tenant's importMime was seen to do; null: not proven. */
  importMimeProof: ImportMimeProof | null;
  keyed: KeyedMail;
  /** Bytes of the largest message the mailbox takes. */
  messageLimit: number;
  /** For attachments that are too large for the memory; they are removed as soon as their message is written. */
  tempDir: string;
  signal: AbortSignal;
  /** Messages under way at once, over all calls. Default 4. */
  concurrency?: number;
  /** Waits between two looks for a message whose create had no answer; milliseconds. Default 1, 3 and 9 s. */
  lookDelaysMs?: readonly number[];
}

export interface FolderPlaces {
  /** `fresh`: asked about anew. Throws FOLDER_REFUSED where it is not there. */
  place(path: string, options?: { fresh?: boolean }): Promise<FolderPlace>;
}
