import { MxodusError } from '@mxodus/model';
import type { ImapFlow, ImapFlowOptions } from 'imapflow';
import type { ImapAccountOptions } from '../imap-options.ts';
import { COURIER, makeOf } from '../server-make.ts';

/** What one sign-in sends. */
export interface SignIn {
  auth: NonNullable<ImapFlowOptions['auth']>;
  /** The password or the token. */
  secret: string;
}

/** Asks for the secret of the account; holds nothing. */
export async function signInOf({ user, auth }: ImapAccountOptions, signal: AbortSignal): Promise<SignIn> {
  if (auth.method === 'xoauth2') return withToken(user, await auth.tokens.token(signal));
  const secret = await auth.password();
  switch (auth.method) {
    case 'login':
      return { auth: { user, pass: secret }, secret };
    case 'plain':
      return { auth: { pass: secret, loginMethod: 'AUTH=PLAIN', ...identities(user, auth.admin) }, secret };
    case 'master':
      return { auth: { user: `${user}${auth.separator}${auth.user}`, pass: secret }, secret };
  }
}

/** RFC 4616: the admin proves who it is, and acts as the user. */
const identities = (user: string, admin: string | undefined): { user: string; authzid?: string } =>
  admin === undefined ? { user } : { user: admin, authzid: user };

/** Once more with another token: the one that was refused may have been revoked, or renewed elsewhere. null: there is none. */
export async function signInAgain(
  { user, auth }: ImapAccountOptions,
  refused: SignIn,
  signal: AbortSignal,
): Promise<SignIn | null> {
  if (auth.method !== 'xoauth2') return null;
  const token = await auth.tokens.another(refused.secret, signal);
  return token === null ? null : withToken(user, token);
}

function withToken(user: string, token: string): SignIn {
  if (/^[\x21-\x7e]+$/.test(token)) return { auth: { user, accessToken: token }, secret: token };
  throw new MxodusError('AUTH_FAILED', {
    what: `the access token for ${user} is empty, or has characters no token has`,
    why: '`auth.token` of the server gives something else, perhaps more than one line',
    advice: 'run or read it by hand: it must be the token and nothing else',
  });
}

/**
 * imapflow falls back to LOGIN where PLAIN is not offered, and would leave the user out; Courier leaves it out by itself, and answers
 * OK (5.0.13, 2026-11). The admin's own mailbox would be open in place of the user's.
 */
export function assertSignedInAs({ user, auth, server }: ImapAccountOptions, client: ImapFlow): void {
  if (auth.method !== 'plain' || auth.admin === undefined) return;
  if (makeOf([...client.capabilities.keys()], client.greeting ?? '') === COURIER) {
    throw new MxodusError('AUTH_FAILED', {
      what: `Courier signed ${auth.admin} in as itself, not as ${user}`,
      why: 'it ignores the second name of SASL PLAIN: the mailbox of the admin would be taken for that of each user',
      advice: 'leave `user:` out of `auth:` and give each mailbox its own password; Courier knows no admin',
      where: `${user} at ${server}`,
    });
  }
  // In every build of imapflow but not in its types (2.10.2).
  const used: unknown = Reflect.get(client, 'authCapabilities');
  if (used instanceof Map && used.get('AUTH=PLAIN') === true) return;
  throw new MxodusError('AUTH_FAILED', {
    what: `the server does not offer SASL PLAIN, so ${auth.admin} cannot act as ${user}`,
    why: 'only PLAIN (RFC 4616) can name two users',
    advice: 'use `tls:` if it offers PLAIN over TLS only, or `auth: { method: master, … }` if it takes USER*MASTER',
    where: `${user} at ${server}`,
  });
}
