import type { Alteration, AppendOutcome, OutgoingMessage } from '@mxodus/model';

export type WriterName = 'graph-json' | 'imap-append' | 'graph-importmime';

/** Where a message goes. */
export interface Target {
  /** The folder as the session names it. */
  path: string;
  folderId: string;
}

/** The definite answer for one message; what has none is thrown. */
export type Written =
  | {
      kind: 'stored';
      /** null: it is there, under an id this writer does not learn. */
      itemId: string | null;
      alterations: readonly Alteration[];
    }
  | Extract<AppendOutcome, { kind: 'refused' }>;

export interface ExchangeWriter {
  /**
   * Writes one message whole, or not at all as far as anybody can see. Throws MxodusError where nobody knows (CONNECTION_LOST), or where
   * no other message can be written either.
   */
  write(message: OutgoingMessage, target: Target): Promise<Written>;
  close(): Promise<void>;
}
