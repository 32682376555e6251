export type FlagLetter = 'S' | 'R' | 'F' | 'T' | 'D';

export interface StoredMessage {
  bytes: Buffer;
  /** Unix seconds. */
  time: number;
  flags: readonly FlagLetter[];
  keywords: readonly string[];
  kind: string;
  /** Just delivered, where that can be said (Maildir's new/); such a message has no flags. */
  unseen?: boolean;
}

/** Takes a mailbox as it is built: folders first, then messages. */
export interface MailboxWriter<T> {
  addFolder(name: string, options: { subscribed: boolean; keywords: readonly string[] }): void;
  store(folder: string, message: StoredMessage): void;
  finish(): T;
}

/** IMAP's word for each letter of Maildir. */
export const SYSTEM_FLAGS: Readonly<Record<FlagLetter, string>> = {
  S: '\\Seen',
  R: '\\Answered',
  F: '\\Flagged',
  T: '\\Deleted',
  D: '\\Draft',
};
