import type { PermissionNeed, TenantPermission } from '@mxodus/model';
import { z } from 'zod';

/** The application permissions mxodus asks for, and which of them a token shows. */

interface Wanted {
  name: string;
  need: PermissionNeed;
  why: string;
  /** Exchange grants it for some mailboxes too (RBAC for Applications); such a grant is in no token. */
  scoped: boolean;
}

const WANTED: readonly Wanted[] = [
  {
    name: 'Mail.ReadWrite',
    need: 'required',
    why: 'folders and messages are written with it; nothing moves without it',
    scoped: true,
  },
  {
    name: 'Mail-Advanced.ReadWrite.All',
    need: 'recommended',
    why: 'from 2026-12-31 only with it can more than read, flag and categories of a message be changed: answered and forwarded marks set later are not synced without it',
    scoped: true,
  },
  {
    name: 'User.Read.All',
    need: 'audit',
    why: 'says whether a user exists, is licensed and may sign in',
    scoped: false,
  },
  {
    name: 'MailboxSettings.Read',
    need: 'audit',
    why: 'tells a shared mailbox, which needs no licence, from a user who has none',
    scoped: true,
  },
  {
    name: 'Domain.Read.All',
    need: 'audit',
    why: 'says whether the domains are verified, and which MX records they get',
    scoped: false,
  },
  { name: 'Organization.Read.All', need: 'audit', why: 'says how many licences are free', scoped: false },
  { name: 'Reports.Read.All', need: 'audit', why: 'tells quota and used space of the mailboxes', scoped: false },
];

const IMAP: Wanted = {
  name: 'IMAP.AccessAsApp',
  need: 'writer',
  why: 'signs in by IMAP (`imap` of the server), with a service principal that has full access to each mailbox',
  scoped: false,
};

export interface TokenRoles {
  /** null: the token cannot be read. */
  graph: readonly string[] | null;
  /** Of the token for IMAP; undefined: IMAP is not set up. */
  imap?: readonly string[] | null;
  /** Messages are written by importMime, which needs Mail-Advanced. */
  importsMime: boolean;
}

export function permissionsOf({ graph, imap, importsMime }: TokenRoles): TenantPermission[] {
  const asked = WANTED.map((wanted) => stateOf(importsMime ? forImport(wanted) : wanted, graph));
  return imap === undefined ? asked : [...asked, stateOf(IMAP, imap)];
}

const forImport = (wanted: Wanted): Wanted =>
  wanted.name === 'Mail-Advanced.ReadWrite.All'
    ? { ...wanted, need: 'writer', why: 'the writer graph-importmime needs it for every message' }
    : wanted;

function stateOf({ name, need, why, scoped }: Wanted, roles: readonly string[] | null): TenantPermission {
  if (roles === null) return { name, need, why, state: 'unproven' };
  if (roles.some((role) => covers(role, name))) return { name, need, why, state: 'granted' };
  return { name, need, why, state: scoped ? 'unproven' : 'missing' };
}

/** A wider permission does as well: MailboxSettings.ReadWrite for MailboxSettings.Read, Directory.Read.All for what it holds. */
function covers(role: string, name: string): boolean {
  if (role === name || role === name.replace('.Read', '.ReadWrite')) return true;
  const inDirectory = name === 'User.Read.All' || name === 'Domain.Read.All' || name === 'Organization.Read.All';
  return inDirectory && (role === 'Directory.Read.All' || role === 'Directory.ReadWrite.All');
}

const claims = z.object({ roles: z.array(z.string()).default([]) });

/** The app roles of an access token (RFC 9068 `roles`); null where it is none that can be read. Its signature is not ours to check. */
export function rolesOfToken(token: string): string[] | null {
  const [, payload, ...rest] = token.split('.');
  if (payload === undefined || rest.length !== 1) return null;
  try {
    const parsed = claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return parsed.success ? parsed.data.roles : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
