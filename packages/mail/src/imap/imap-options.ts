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
  /** How long a silent server is waited for; milliseconds. */
  timeoutMs?: number;
}

export type ImapAuth =
  | { method: 'login' | 'plain'; password: () => Promise<string> }
  /** Signs in as USER + separator + MASTER with the master's password (Dovecot's master users). */
  | { method: 'master'; user: string; separator: string; password: () => Promise<string> };

export const DEFAULT_TIMEOUT_MS = 120_000;

/** The user name that goes over the wire. */
export function loginName(options: ImapAccountOptions): string {
  const { auth, user } = options;
  switch (auth.method) {
    case 'login':
    case 'plain':
      return user;
    case 'master':
      return `${user}${auth.separator}${auth.user}`;
  }
}
