import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';

export interface Owner {
  uid: number;
  gid: number;
}

export interface ServerAccounts {
  /** Owns the Maildirs. */
  mail: Owner;
  /** Dovecot's default_login_user, default_internal_user, default_internal_group. */
  login: string;
  internal: string;
  internalGroup: string;
}

// Dovecot refuses to open mail as root; 65534 is "nobody" on Linux.
const NOBODY = 65_534;

/** Root gives the mail to nobody and uses the package's own accounts; everybody else is all of them in one person. */
export function serverAccounts(): ServerAccounts {
  const me = userInfo();
  if (me.uid === 0) {
    return { mail: mailOwner(), login: 'dovenull', internal: 'dovecot', internalGroup: 'dovecot' };
  }
  const group = execFileSync('/usr/bin/id', ['-gn'], { encoding: 'utf8' }).trim();
  return { mail: mailOwner(), login: me.username, internal: me.username, internalGroup: group };
}

/** The account all Maildirs of the lab belong to. */
export function mailOwner(): Owner {
  const uid = process.getuid?.() ?? NOBODY;
  return uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid: process.getgid?.() ?? NOBODY };
}
