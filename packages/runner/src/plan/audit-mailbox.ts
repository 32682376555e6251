import {
  destinationNotEmpty,
  doesNotFit,
  estimateMailbox,
  type FolderMapping,
  type FolderMapRules,
  fits,
  folderOrder,
  foldersRenamed,
  keywordsRefused,
  mayBeTooLarge,
  noUidplus,
  type Pace,
  quotaAfter,
  refusedKeywords,
  reliedOn,
  sameButForCase,
  tooLargeToMove,
} from '@mxodus/engine';
import {
  type Emit,
  type Fact,
  type Folder,
  invariant,
  type MailAccount,
  type MailSession,
  MxodusError,
  type PlanMailbox,
  type PlanWarning,
  type Quota,
} from '@mxodus/model';
import { labelViews } from '../sync/place-folders.ts';
import { auditFolders, type FolderAudit } from './audit-folders.ts';
import { type CaseFolding, caseFolding } from './case-folding.ts';
import { mapWithProbes } from './map-with-probes.ts';

export interface AuditTarget {
  address: string;
  /** Its address at the destination. */
  destinationAddress: string;
  /** null: the config gives none. */
  wave: number | null;
  source: MailAccount;
  destination: MailAccount;
}

export interface AuditOptions {
  rules: FolderMapRules;
  signal: AbortSignal;
  emit: Emit;
  /** What the destination allows, where that is known. */
  pace?: Pace;
  /** What the destination mailbox holds, where it does not tell by itself. */
  usage?: Fact<Quota>;
}

/** Looks at both ends of one mailbox and says what will go where, and what will not. Changes nothing anywhere. */
export async function auditMailbox(target: AuditTarget, options: AuditOptions): Promise<PlanMailbox> {
  try {
    const [source, destination] = await openBoth(target, options.signal);
    try {
      const mailbox = await audit(target, { source, destination }, options);
      const { address, messages, bytes, folders } = mailbox;
      options.emit({ type: 'mailbox_audited', mailbox: address, messages, bytes, folders: folders.length });
      return mailbox;
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  } catch (error) {
    throw error instanceof MxodusError ? error.at(target.address) : error;
  }
}

async function openBoth(target: AuditTarget, signal: AbortSignal): Promise<[MailSession, MailSession]> {
  const onWrite = (command: string): void => invariant(false, `the audit was about to send ${command}`);
  const [source, destination] = await Promise.allSettled([
    target.source.open(signal, onWrite),
    target.destination.open(signal, onWrite),
  ]);
  if (source.status === 'fulfilled' && destination.status === 'fulfilled') return [source.value, destination.value];
  for (const end of [source, destination]) if (end.status === 'fulfilled') await end.value.close();
  throw source.status === 'rejected'
    ? source.reason
    : destination.status === 'rejected'
      ? destination.reason
      : undefined;
}

interface Ends {
  source: MailSession;
  destination: MailSession;
}

/** What both ends said; the plan is computed from it. */
interface Findings {
  mappings: FolderMapping[];
  folding: CaseFolding;
  folders: FolderAudit;
  destinationFolders: readonly Folder[];
  sourceQuota: Quota | null;
  destinationQuota: Quota | null;
  refused: string[];
}

async function audit(target: AuditTarget, ends: Ends, options: AuditOptions): Promise<PlanMailbox> {
  const { rules, signal, usage, pace } = options;
  const { source, destination } = ends;
  const [sourceFolders, destinationFolders] = await Promise.all([source.listFolders(), destination.listFolders()]);
  const [sourceQuota, destinationQuota] = await Promise.all([source.quota(), destination.quota()]);
  const folding = await caseFolding(destination, destinationFolders);
  const mapped = await mapWithProbes(
    destination,
    {
      source: sourceFolders,
      sourceNamespace: source.facts.namespace,
      destination: destinationFolders,
      destinationNamespace: destination.facts.namespace,
      rules: { ...rules, exclude: [...rules.exclude, ...labelViews(source, sourceFolders)] },
      foldsCase: folding === 'folds',
    },
    signal,
  );
  const mappings = folderOrder(mapped);
  const folders = await auditFolders({ ...ends, sourceFolders, destinationFolders, signal }, mappings);
  const refused = refusedKeywords(folders.flags, await permanentFlags(destination));
  const quotas = { sourceQuota, destinationQuota: destinationQuota ?? (usage?.known === true ? usage.value : null) };
  const mailbox = toPlan(target, destination, { mappings, folding, folders, destinationFolders, ...quotas, refused });
  return pace === undefined ? mailbox : withEstimate(mailbox, pace);
}

function withEstimate(mailbox: PlanMailbox, pace: Pace): PlanMailbox {
  const { too_large: cannot, messages, bytes, folders } = mailbox;
  const move = {
    messages: messages - cannot.length,
    bytes: cannot.reduce((rest, one) => rest - one.bytes, bytes),
    folders: folders.length,
  };
  return { ...mailbox, estimate: estimateMailbox(move, pace) };
}

/** Only SELECT tells them, EXAMINE does not. INBOX is always there; no message of it is asked for. */
async function permanentFlags(destination: MailSession): Promise<readonly string[] | null> {
  return (await destination.scan('INBOX', { range: { from: 2 ** 32 - 1 }, writable: true })).permanentFlags;
}

function toPlan(target: AuditTarget, { facts, keyed }: MailSession, findings: Findings): PlanMailbox {
  const { folders, sourceQuota, destinationQuota, destinationFolders } = findings;
  const tooLargeBytes = folders.tooLarge.reduce((sum, { bytes }) => sum + bytes, 0);
  const bytesAfter = quotaAfter({
    quota: destinationQuota,
    destinationBytes: destinationFolders.reduce((sum, { status }) => sum + (status?.bytes ?? 0), 0),
    movingBytes: Math.max(0, folders.bytes - tooLargeBytes - folders.alike.bytes),
  });
  const destinationMessages = destinationFolders.reduce((sum, { status }) => sum + (status?.messages ?? 0), 0);
  return {
    address: target.address,
    source: { server: target.source.server, user: target.source.user },
    destination: {
      server: target.destination.server,
      user: target.destination.user,
      address: target.destinationAddress,
    },
    messages: folders.messages,
    bytes: folders.bytes,
    folders: folders.folders,
    largest: folders.largest,
    too_large: folders.tooLarge,
    refused_keywords: findings.refused,
    source_quota: toPlanQuota(sourceQuota),
    destination_quota: toPlanQuota(destinationQuota),
    destination_bytes_after: bytesAfter,
    fits: fits(destinationQuota, bytesAfter),
    destination_messages: destinationMessages,
    destination_capabilities: reliedOn(facts.capabilities),
    append_limit: facts.appendLimit,
    ...(target.wave === null ? {} : { wave: target.wave }),
    warnings: [
      ...spaceWarnings(findings, bytesAfter, facts.appendLimit),
      ...(facts.appendLimit !== null && folders.nearLimit > 0
        ? [mayBeTooLarge(folders.nearLimit, facts.appendLimit)]
        : []),
      ...foldersRenamed(findings.mappings),
      ...(findings.folding === 'unknown' ? sameButForCase(findings.mappings, target.destination.server) : []),
      ...(findings.refused.length > 0 ? [keywordsRefused(findings.refused)] : []),
      // A copy that has its key is found by it.
      ...(keyed !== null || reliedOn(facts.capabilities).includes('UIDPLUS')
        ? []
        : [noUidplus(target.destination.server)]),
      ...(destinationMessages > 0
        ? [destinationNotEmpty(destinationMessages, folders.alike.messages, keyed === null ? 'size and date' : 'date')]
        : []),
    ],
  };
}

function spaceWarnings({ folders, destinationQuota }: Findings, after: number, limit: number | null): PlanWarning[] {
  const quotaLimit = destinationQuota?.limitBytes ?? null;
  return [
    ...(quotaLimit !== null && after > quotaLimit ? [doesNotFit(after, quotaLimit)] : []),
    ...(limit !== null && folders.tooLarge.length > 0 ? [tooLargeToMove(folders.tooLarge, limit)] : []),
  ];
}

const toPlanQuota = (quota: Quota | null): PlanMailbox['source_quota'] =>
  quota === null ? null : { used_bytes: quota.usedBytes, limit_bytes: quota.limitBytes };
