import { alreadyThere, type FolderMapping, largest, lookOf, nearLimit, tooLarge } from '@mxodus/engine';
import type { Folder, FolderScan, MailSession, PlanFolder } from '@mxodus/model';

interface MessageRef {
  folder: string;
  uid: number;
  bytes: number;
}

/** What the folders of a mailbox hold, as far as the plan needs it. Excluded folders are in `folders` only. */
export interface FolderAudit {
  folders: PlanFolder[];
  largest: MessageRef[];
  tooLarge: MessageRef[];
  /** How many are so near the limit that a destination which stores messages in a form of its own may refuse them. */
  nearLimit: number;
  /** Flags and keywords in use. */
  flags: ReadonlySet<string>;
  messages: number;
  bytes: number;
  /** Of those, messages the destination seems to have already. */
  alike: { messages: number; bytes: number };
}

export interface AuditedEnds {
  source: MailSession;
  sourceFolders: readonly Folder[];
  destination: MailSession;
  destinationFolders: readonly Folder[];
  signal: AbortSignal;
}

/** Looks at each message's size, date and flags; never at a body. One folder at a time is in memory. */
export async function auditFolders(ends: AuditedEnds, mappings: readonly FolderMapping[]): Promise<FolderAudit> {
  const { facts, keyed } = ends.destination;
  const { appendLimit } = facts;
  const flags = new Set<string>();
  const audit: FolderAudit & { flags: Set<string> } = {
    folders: [],
    largest: [],
    tooLarge: [],
    nearLimit: 0,
    flags,
    messages: 0,
    bytes: 0,
    alike: { messages: 0, bytes: 0 },
  };
  for (const mapping of mappings) {
    ends.signal.throwIfAborted();
    if (mapping.excluded) {
      audit.folders.push(await leftOut(ends, mapping));
      continue;
    }
    const [scan, there] = await Promise.all([ends.source.scan(mapping.source), destinationScan(ends, mapping)]);
    const refs = scan.messages.map(({ uid, bytes }) => ({ folder: mapping.source, uid, bytes }));
    const bytes = sum(refs);
    audit.folders.push(toPlanFolder(mapping, { uidValidity: scan.uidValidity, messages: refs.length, bytes }));
    audit.largest = largest([...audit.largest, ...largest(refs)]);
    audit.tooLarge.push(...tooLarge(refs, appendLimit));
    if (keyed !== null) audit.nearLimit += nearLimit(refs, appendLimit).length;
    for (const message of scan.messages) for (const flag of message.flags) flags.add(flag);
    audit.messages += refs.length;
    audit.bytes += bytes;
    if (there === null) continue;
    const alike = alreadyThere(scan.messages, lookOf(there.messages, keyed === null ? 'size-and-date' : 'date'));
    audit.alike.messages += alike.messages;
    audit.alike.bytes += alike.bytes;
  }
  return audit;
}

async function destinationScan(ends: AuditedEnds, { destination }: FolderMapping): Promise<FolderScan | null> {
  const folder = ends.destinationFolders.find(({ path }) => path === destination);
  const isEmpty = folder?.status === undefined || folder.status === null || folder.status.messages === 0;
  return isEmpty ? null : ends.destination.scan(destination);
}

async function leftOut({ source, sourceFolders }: AuditedEnds, mapping: FolderMapping): Promise<PlanFolder> {
  const status = sourceFolders.find(({ path }) => path === mapping.source)?.status ?? null;
  if (status !== null && status.bytes !== null) return toPlanFolder(mapping, { ...status, bytes: status.bytes });
  const { uidValidity, messages } = await source.scan(mapping.source);
  return toPlanFolder(mapping, { uidValidity, messages: messages.length, bytes: sum(messages) });
}

const toPlanFolder = (
  { source, destination, role, subscribed, excluded, renamed }: FolderMapping,
  held: { uidValidity: number; messages: number; bytes: number },
): PlanFolder => ({
  source,
  destination,
  role,
  subscribed,
  excluded,
  renamed,
  uid_validity: held.uidValidity,
  messages: held.messages,
  bytes: held.bytes,
});

const sum = (messages: readonly { bytes: number }[]): number =>
  messages.reduce((total, message) => total + message.bytes, 0);
