import { isInbox } from './folder-names.ts';

const SENT = /^(sent|sent items|sent messages|sent mail)$/i;
const DRAFTS = /^drafts?$/i;

/** The order folders are moved in: what people look for first comes first, the rest by name. */
export function folderOrder<F extends { source: string; role: string | null }>(folders: readonly F[]): F[] {
  return [...folders].sort((a, b) => rank(a) - rank(b) || (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
}

/** Old servers tell no roles: for the order, and only for it, a usual name will do. */
function rank({ source, role }: { source: string; role: string | null }): number {
  const name = source.replace(/^INBOX[./]/i, '');
  if (isInbox(source)) return 0;
  if (role === 'sent' || (role === null && SENT.test(name))) return 1;
  if (role === 'drafts' || (role === null && DRAFTS.test(name))) return 2;
  return 3;
}
