import type { SimUser, SimWorld } from '../../sim-world.ts';

/** The audience of tokens for IMAP, and the permission they carry. */
export const IMAP_AUDIENCE = 'https://outlook.office365.com';
export const IMAP_ROLE = 'IMAP.AccessAsApp';

/** What the token of the simulated sign-in says. */
export type VerifyToken = (
  token: string,
) => { audience: string; roles: readonly string[]; clientId: string } | 'malformed' | 'expired';

/** What the administrator did in Exchange for the app; tests change it while it runs. */
export interface ImapPermissions {
  /** New-ServicePrincipal: without it nobody signs in. */
  servicePrincipal: boolean;
  /** Add-MailboxPermission -AccessRights FullAccess, by SimUser.id; 'every': all mailboxes. */
  fullAccess: Set<string> | 'every';
  /** Set-CASMailbox -ImapEnabled $false, by SimUser.id. */
  disabled: Set<string>;
}

export type SignedIn =
  | { kind: 'refused' }
  /** `connected`: false where the service principal may not open the mailbox; the sign-in itself is OK then. */
  | { kind: 'signed in'; user: SimUser; connected: boolean };

/** XOAUTH2: base64 of user=..., ^A, auth=Bearer ..., ^A^A. */
export function signIn(
  response: string,
  { world, verify, permissions }: { world: SimWorld; verify: VerifyToken; permissions: ImapPermissions },
): SignedIn {
  const text = Buffer.from(response, 'base64').toString();
  const [, name, token] = /^user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01$/i.exec(text) ?? [];
  if (name === undefined || token === undefined) return { kind: 'refused' };
  const facts = verify(token);
  const user = world.userOf(name);
  if (typeof facts === 'string' || user === undefined) return { kind: 'refused' };
  const audience = facts.audience.replace(/\/$/, '');
  const hasMailbox = user.restEnabledFrom !== null && user.restEnabledFrom <= world.now();
  if (audience !== IMAP_AUDIENCE || !facts.roles.includes(IMAP_ROLE) || !hasMailbox) return { kind: 'refused' };
  if (!permissions.servicePrincipal || permissions.disabled.has(user.id)) return { kind: 'refused' };
  const connected = permissions.fullAccess === 'every' || permissions.fullAccess.has(user.id);
  return { kind: 'signed in', user, connected };
}
