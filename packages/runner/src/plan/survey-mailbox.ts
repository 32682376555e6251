import { folderTree, isExcluded, type TopRule } from '@mxodus/engine';
import { type Folder, invariant, type MailAccount, type MailSession, MxodusError, type SyncRules } from '@mxodus/model';
import { labelViews } from '../sync/place-folders.ts';
import { windows } from '../sync/windows.ts';

export interface SurveyOptions {
  /** By their index in the config. */
  rules: ReadonlyMap<number, TopRule>;
  exclude: SyncRules['folders']['exclude'];
  /** Milliseconds since the epoch. */
  now: number;
  signal: AbortSignal;
}

const DAY_MS = 86_400_000;
const RECENT_DAYS = 90;

/** What a source mailbox counts for each `top` rule. Reads only, and no message's content. */
export async function surveyMailbox(
  address: string,
  account: MailAccount,
  options: SurveyOptions,
): Promise<Map<number, number>> {
  const onWrite = (command: string): void => invariant(false, `the survey was about to send ${command}`);
  try {
    const session = await account.open(options.signal, onWrite);
    try {
      return await survey(session, options);
    } finally {
      await session.close();
    }
  } catch (error) {
    throw error instanceof MxodusError ? error.at(address) : error;
  }
}

async function survey(
  session: MailSession,
  { rules, exclude, now, signal }: SurveyOptions,
): Promise<Map<number, number>> {
  const listed = await session.listFolders();
  const left = [...exclude, ...labelViews(session, listed)];
  const nodes = folderTree(listed, session.facts.namespace).filter((node) => !isExcluded(node, left));
  const folders = nodes.flatMap(({ folder }) => (folder === null ? [] : [folder]));
  const counts = new Map<number, number>();
  for (const folder of folders) {
    signal.throwIfAborted();
    for (const [index, rule] of rules) {
      counts.set(index, (counts.get(index) ?? 0) + (await countOf(session, folder, { rule, now })));
    }
  }
  return counts;
}

async function countOf(
  session: MailSession,
  { path, status }: Folder,
  { rule, now }: { rule: TopRule; now: number },
): Promise<number> {
  if (status === null || status.messages === 0) return 0;
  if (rule.by === 'messages') return status.messages;
  if (rule.by === 'bytes' && status.bytes !== null) return status.bytes;
  const since = now - (rule.days ?? RECENT_DAYS) * DAY_MS;
  let count = 0;
  for (const range of windows(status)) {
    for (const { bytes, internalDate } of (await session.scan(path, { range })).messages) {
      if (rule.by === 'bytes') count += bytes;
      else if (internalDate !== null && internalDate >= since) count += 1;
    }
  }
  return count;
}
