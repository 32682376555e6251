import type { Ledger } from '@mxodus/model';
import { adoption, buckets, intent, refused, status, stored } from '../contract/rows.ts';

export const ANN = { address: 'ann@example.com', source: 'old', destination: 'new' };
const INBOX = { source: 'INBOX', uidValidity: 7, destination: 'INBOX' };

/** Rows in every table, in every state, with and without what may be missing, in texts that sort and quote badly. */
export async function fill(ledger: Ledger): Promise<void> {
  const mailbox = await ledger.openMailbox(ANN);
  await ledger.openMailbox({ ...ANN, address: 'Ärger "\\" \n\u{1f4e8}@example.com' });
  const pass = await ledger.startPass(mailbox, { kind: 'sync', planSha256: 'abc', startedAt: '2026-11-22T13:00:00Z' });
  const { id } = await ledger.openFolder(mailbox, INBOX);
  await ledger.openFolder(mailbox, { ...INBOX, source: 'Sent' });
  await ledger.writeIntents(id, pass, [
    intent(1),
    intent(2, { emailId: 'M2', internalDate: null }),
    intent(4_294_967_295),
  ]);
  await ledger.settle(id, pass, [stored(1), refused(3, 'cannot'), refused(4, 'failed')]);
  await ledger.adopt(id, pass, [adoption(5), adoption(6, { found: false, destinationUid: null })]);
  await ledger.noteExpunged(id, [5]);
  const why = ['b', 'B', 'a', 'ä', 'aa', '_'];
  await ledger.addAlterations(
    pass,
    id,
    why.map((text) => ({ uid: 1, what: text, why: text })),
  );
  await ledger.finishFolder(id, {
    status: status(),
    buckets: buckets({ moved_now: 1 }),
    destination: { uidValidity: 12, uidNext: 102, messages: 1 },
  });
  await ledger.noteWait(mailbox, { why: 'throttled', until: null });
  for (const server of why) await ledger.traffic.add({ server, user: 'ann' }, '2026-11-22', 2 ** 40);
  const items = await ledger.items.folder('m365 ann', 'inbox');
  await ledger.items.uidsFor(items.id, ['AAa', 'aAa', 'x'.repeat(600)]);
}
