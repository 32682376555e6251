/** Which role a path needs: any of those named (permissions reference of Graph, 2026-11). */
import { SimError } from './route.ts';

const MAIL_WRITE = ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All'];
const MAIL_READ = [...MAIL_WRITE, 'Mail.Read'];
const IMPORT_EXPORT = ['MailboxItem.ImportExport.All'];
const DIRECTORY = ['Directory.Read.All', 'Directory.ReadWrite.All'];
const USERS = ['User.Read.All', 'User.ReadWrite.All', ...DIRECTORY];
const ORGANIZATION = ['Organization.Read.All', 'Organization.ReadWrite.All', ...DIRECTORY];
const DOMAIN_WRITE = ['Domain.ReadWrite.All', 'Directory.ReadWrite.All'];
const DOMAINS = ['Domain.Read.All', 'Domain.ReadWrite.All', ...DIRECTORY];
const SETTINGS = ['MailboxSettings.Read', 'MailboxSettings.ReadWrite'];

interface Asked {
  method: string;
  segments: readonly string[];
  roles: readonly string[];
}

/** Throws 403 as the service that answers the path words it. */
export function checkRoles({ method, segments, roles }: Asked): void {
  const needed = neededRoles(method, segments);
  if (needed === null || needed.some((role) => roles.includes(role))) return;
  const isMail = isMailPath(segments) || segments[0] === 'admin';
  throw isMail
    ? accessDenied()
    : new SimError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
}

export const accessDenied = (): SimError =>
  new SimError(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.');

/** Whether Exchange answers it, not the directory. */
export const isMailPath = ([root, user, part]: readonly string[]): boolean =>
  root === 'users' && user !== undefined && part !== undefined && part !== 'licenseDetails';

function neededRoles(method: string, segments: readonly string[]): readonly string[] | null {
  const [root, , part] = segments;
  const reads = method === 'GET';
  if (root === 'users') {
    if (part === undefined || part === 'licenseDetails') return USERS;
    if (part === 'mailboxSettings') return SETTINGS;
    // No page says what settings/exchange needs (2026-11), so whatever reads a mailbox will do.
    if (part === 'settings') return [...SETTINGS, ...MAIL_READ, ...IMPORT_EXPORT, ...USERS];
    if (segments.at(-1) === 'importMime') return ['Mail-Advanced.ReadWrite.All'];
    // An id names no contents.
    if (part === 'translateExchangeIds') return [...MAIL_READ, ...USERS];
    return reads ? MAIL_READ : MAIL_WRITE;
  }
  if (root === 'admin') return IMPORT_EXPORT;
  if (root === 'organization') return ORGANIZATION;
  if (root === 'subscribedSkus') return ['LicenseAssignment.Read.All', ...ORGANIZATION];
  if (root === 'domains') return reads ? DOMAINS : DOMAIN_WRITE;
  if (root === 'reports') return ['Reports.Read.All'];
  return null;
}
