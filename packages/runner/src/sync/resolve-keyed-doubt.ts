import type { KeyedMail, LedgerMessage, Settlement } from '@mxodus/model';
import { findKeyed, findKeyless } from './keyed-copies.ts';
import { messageKey } from './message-key.ts';
import { missingFlags } from './missing-flags.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';
import { waiting } from './waiting.ts';

/** A copy that was to be moved here still has the key of the place its message had at the source before. */
async function findMoved(
  context: SyncContext,
  folder: OpenFolder,
  { keyed, intents }: { keyed: KeyedMail; intents: readonly LedgerMessage[] },
): Promise<Map<number, number>> {
  const { ledger, mailboxId, mailbox } = context;
  const gone = intents.length === 0 ? [] : await ledger.goneMessages(mailboxId);
  if (gone.length === 0) return new Map();
  const folders = new Map((await ledger.currentFolders(mailboxId)).map((row) => [row.id, row]));
  const byKey = new Map<string, number>();
  for (const { uid, digest, bytes } of intents) {
    const at = gone.findIndex((one) => one.digest !== null && one.digest === digest && one.bytes === bytes);
    const [twin] = at < 0 ? [] : gone.splice(at, 1);
    const from = twin === undefined ? undefined : folders.get(twin.folderId);
    if (twin === undefined || from === undefined) continue;
    const { source: place, uidValidity } = from;
    byKey.set(messageKey({ ...mailbox.source, folder: place, uidValidity, uid: twin.uid }), uid);
  }
  const found = new Map<number, number>();
  for (const [key, copy] of await keyed.find(folder.destination, [...byKey.keys()])) {
    const uid = byKey.get(key);
    if (uid !== undefined && copy !== 'elsewhere') found.set(uid, copy);
  }
  return found;
}

/**
 * resolveDoubt where the destination keeps our key with each copy. A hit is believed at once; "not there" only when two looks, `settleMs`
 * apart, both say so: what was stored a moment ago may not be found yet. A copy that its user moved or deleted meanwhile was stored.
 */
export async function resolveKeyedDoubt(
  context: SyncContext,
  folder: OpenFolder,
  { keyed, intents }: { keyed: KeyedMail; intents: readonly LedgerMessage[] },
): Promise<LedgerMessage[]> {
  const hits: LedgerMessage[] = [];
  let open = [...intents];
  for (let look = 1; open.length > 0; look += 1) {
    const found = await findKeyed(context, folder, { keyed, messages: open });
    const keyless = await findKeyless(context, folder, { keyed, messages: open.filter(({ uid }) => !found.has(uid)) });
    await missingFlags(context, folder, { copies: keyless, intents: open });
    for (const [uid, copy] of keyless) found.set(uid, copy);
    const rest = open.filter(({ uid }) => !found.has(uid));
    for (const [uid, copy] of await findMoved(context, folder, { keyed, intents: rest })) found.set(uid, copy);
    const stored = [...found].map(([uid, copy]): Settlement => ({ uid, kind: 'stored', destinationUid: copy }));
    await context.ledger.settle(folder.ledgerId, context.passId, stored);
    hits.push(...open.filter(({ uid }) => found.has(uid)));
    open = open.filter(({ uid }) => !found.has(uid));
    if (open.length === 0 || look === 2) break;
    const counted = open.length === 1 ? 'a message' : `${open.length} messages`;
    await waiting(context, {
      why: `${counted} of ${folder.source} got no answer and may still turn up at the destination`,
      ms: context.settleMs,
    });
  }
  const unsent = open.map(({ uid }): Settlement => ({ uid, kind: 'unsent' }));
  await context.ledger.settle(folder.ledgerId, context.passId, unsent);
  return hits;
}
