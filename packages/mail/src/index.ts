export { appGrant, refreshGrant, serviceAccountGrant } from './auth/grants.ts';
export { givenToken, grantedToken, type TokenSource } from './auth/token-source.ts';
export { imapAccount } from './imap/imap-account.ts';
export type { ImapAccountOptions, ImapAuth } from './imap/imap-options.ts';
export { dryRun } from './with/dry-run.ts';
export { severalWaits } from './with/several-waits.ts';
export { governed } from './with/throttle.ts';
