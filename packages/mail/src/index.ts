export { imapAccount } from './imap/imap-account.ts';
export type { ImapAccountOptions, ImapAuth } from './imap/imap-options.ts';
