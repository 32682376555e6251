import type { FolderRole } from '@mxodus/model';
import { isInbox } from '../plan/folder-names.ts';
import { folderOrder } from '../plan/folder-order.ts';
import { labelKeywords } from './label-keywords.ts';

/** `labels` of a Gmail source: a copy in the folder of each label, in the first only, or one copy with its labels as keywords. */
export type LabelPolicy = 'folders' | 'first' | 'keywords';

export interface LabelFolder {
  /** The folder's name at the source, which is the label's. */
  source: string;
  destination: string;
  role: FolderRole | null;
}

export interface LabelledMessage {
  uid: number;
  /** X-GM-MSGID: the same in every folder. */
  emailId?: string;
  /** X-GM-LABELS: the labels besides the one whose folder lists the message. */
  labels?: readonly string[];
}

/** A copy that is at the destination. */
export interface LabelPlace {
  destination: string;
  /** null: not known, so nothing can be copied from it. */
  destinationUid: number | null;
}

export interface LabelContext<P extends LabelPlace> {
  policy: LabelPolicy;
  /** Where messages are that this or an earlier pass stored from other source folders, by EMAILID. */
  placed: ReadonlyMap<string, readonly P[]>;
  /**
   * Messages that a folder earlier in the order lists and that are not at the destination yet (failed, ruled out, in doubt), with the
   * folder's name: they are that folder's, or they would come twice when they are tried again.
   */
  claimed: ReadonlyMap<string, string>;
  /** Keywords given before; labels that are missing get theirs here. */
  keywords: ReadonlyMap<string, string>;
}

export type LabelAnswer<P> =
  /** Fetch it and append it. */
  | { kind: 'copy'; uid: number; keywords: readonly string[] }
  /** The same message is at the destination in another folder: copy it there. */
  | { kind: 'copy-from'; uid: number; place: P }
  | { kind: 'left-out'; uid: number; why: string };

/** Starred and Important list what other folders hold: they are flags, not places. */
export const isLabelView = ({ role }: { role: FolderRole | null }): boolean =>
  role === 'flagged' || role === 'important';

/**
 * The folders of a Gmail source in the order `decideLabels` must see them: INBOX, Sent, Drafts, the others by name, All Mail last, so
 * that it gives only what no other folder has. For keywords All Mail comes before the labels: they give only what it does not list
 * (Spam, Trash, and what a limit on the messages of a folder hides from IMAP).
 */
export function labelOrder<F extends LabelFolder>(folders: readonly F[], policy: LabelPolicy): F[] {
  const ordered = folderOrder(folders.filter((folder) => !isLabelView(folder)));
  const isAll = ({ role }: F): boolean => role === 'all';
  const isFirst = ({ source, role }: F): boolean => isInbox(source) || role === 'sent' || role === 'drafts';
  if (policy !== 'keywords') return [...ordered.filter((folder) => !isAll(folder)), ...ordered.filter(isAll)];
  return [
    ...ordered.filter(isFirst),
    ...ordered.filter(isAll),
    ...ordered.filter((folder) => !isFirst(folder) && !isAll(folder)),
  ];
}

/**
 * Says what to do with each new message of one label folder. One physical message is fetched once. What a folder really lists counts,
 * not what its labels say: a folder hidden from IMAP, or cut to its last 1,000 messages, must not lose mail.
 *
 *   policy     folder     already at the destination          claimed    else
 *   folders    a label    copy-from; left out if right here   copy       copy
 *   folders    All Mail   left out                            left out   copy
 *   first      any        left out                            left out   copy
 *   keywords   any        left out                            left out   copy, the other labels as keywords
 *   any        a view     left out                            left out   left out
 *
 * All Mail must be listed last and only up to the UIDNEXT it had before the first folder was: a message that comes in between is in
 * All Mail and not yet in INBOX. Messages without an EMAILID are copied.
 */
export function decideLabels<P extends LabelPlace>(
  folder: LabelFolder,
  messages: readonly LabelledMessage[],
  context: LabelContext<P>,
): LabelAnswer<P>[] {
  const labels = context.policy === 'keywords' ? new Set(messages.flatMap((message) => message.labels ?? [])) : [];
  const keywords = labelKeywords(labels, context.keywords);
  const own = folder.source.toLowerCase();
  const copy = ({ uid, labels: others = [] }: LabelledMessage): LabelAnswer<P> => {
    if (context.policy !== 'keywords') return { kind: 'copy', uid, keywords: [] };
    const named = others.filter((label) => !isOwnLabel(label, folder, own)).map((label) => keywords.get(label));
    return { kind: 'copy', uid, keywords: named.filter((keyword) => keyword !== undefined).sort() };
  };
  return messages.map((message): LabelAnswer<P> => {
    const { uid, emailId } = message;
    if (isLabelView(folder)) return { kind: 'left-out', uid, why: `${folder.source} shows messages of other folders` };
    if (emailId === undefined) return copy(message);
    const places = context.placed.get(emailId) ?? [];
    const claimant = context.claimed.get(emailId);
    const copiesEach = context.policy === 'folders' && folder.role !== 'all';
    const place = copiesEach ? places.find(({ destination }) => destination === folder.destination) : places[0];
    if (place !== undefined) return { kind: 'left-out', uid, why: `the same message is in ${place.destination}` };
    if (!copiesEach)
      return claimant === undefined
        ? copy(message)
        : { kind: 'left-out', uid, why: `the same message comes from ${claimant}` };
    const from = places.find(({ destinationUid }) => destinationUid !== null);
    return from === undefined ? copy(message) : { kind: 'copy-from', uid, place: from };
  });
}

const ROLE_LABELS: Readonly<Partial<Record<FolderRole, readonly string[]>>> = {
  inbox: ['\\inbox'],
  sent: ['\\sent'],
  drafts: ['\\draft', '\\drafts'],
  junk: ['\\junk', '\\spam'],
  trash: ['\\trash'],
};

function isOwnLabel(label: string, { source, role }: LabelFolder, own: string): boolean {
  const name = label.toLowerCase();
  const roleOrInbox = isInbox(source) ? 'inbox' : role;
  return name === own || (roleOrInbox !== null && (ROLE_LABELS[roleOrInbox]?.includes(name) ?? false));
}
