import type { TokenSource } from '../auth/token-source.ts';

/** How to reach one user of one IMAP server. Secrets are given as functions: they are read when needed and kept nowhere. */
export interface ImapAccountOptions {
  /** The name of the server in the config. */
  server: string;
  host: string;
  port: number;
  tls: 'implicit' | 'starttls' | 'none';
  /** PEM of the authority to trust instead of the system ones. */
  ca?: string;
  /** The user the mailbox belongs to. */
  user: string;
  auth: ImapAuth;
  /** COMPRESS=DEFLATE (RFC 4978) where the server has it. */
  compress?: boolean;
  /** How long a silent server is waited for; milliseconds. */
  timeoutMs?: number;
}

export type ImapAuth =
  | { method: 'login'; password: () => Promise<string> }
  /** SASL PLAIN (RFC 4616); with an admin, whose password it is, acting as the user (Cyrus, Zimbra, Dovecot). */
  | { method: 'plain'; admin?: string; password: () => Promise<string> }
  /** Signs in as USER + separator + MASTER with the master's password (Dovecot's master users). */
  | { method: 'master'; user: string; separator: string; password: () => Promise<string> }
  /** OAUTHBEARER (RFC 7628) where it is offered, else XOAUTH2. */
  | { method: 'xoauth2'; tokens: TokenSource };

export const DEFAULT_TIMEOUT_MS = 120_000;
