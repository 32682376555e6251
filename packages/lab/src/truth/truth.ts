/** One message as the server gives it: BODY[], so a bare LF in the file is CRLF here, and a NUL is 0x80 (Dovecot 2.3). */
export interface TruthMessage {
  /** Of the whole message, hex. */
  sha256: string;
  /** System flags and keywords, sorted, without \Recent. */
  flags: string[];
  /** RFC 3339, UTC, whole seconds. */
  internalDate: string;
  bytes: number;
  /** Seeded: what shape of message it is. Read back: 'uid N'. */
  kind: string;
}

export interface TruthFolder {
  subscribed: boolean;
  /** RFC 6154 attribute such as '\Sent'. */
  specialUse: string | null;
  messages: TruthMessage[];
}

/** By name: Unicode, '/' between levels, without the host's personal prefix. Only folders that can be selected. */
export type FolderMap = Record<string, TruthFolder>;

/** What mailboxes hold. */
export interface Truth {
  users: Record<string, { folders: FolderMap }>;
}
