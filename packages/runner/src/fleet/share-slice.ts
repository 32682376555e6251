import type { MailboxProgress, SliceEnd } from '@mxodus/model';
import { ledgerKey } from '../sync/ledger-key.ts';
import { sliceOfFolders } from '../sync/pass-over-mailbox.ts';
import { noCounts } from '../sync/sync-context.ts';
import { sharesOf } from './job-needs.ts';
import { ProgressNotes } from './progress-notes.ts';
import { afterLeaving, DONE, guards, type MailboxView, passOptions, type SliceWork, staleness } from './slice-work.ts';

/**
 * Goes on with the first copies of one share of the folders of a large mailbox. It only matters for what it wrote into the ledger: what it
 * could not do is done, or told, by the pass over the whole mailbox.
 */
export async function shareSlice(work: SliceWork, group: number): Promise<SliceEnd> {
  const { task, project, ports, mailboxes } = work;
  const [mailbox] = task.mailboxes;
  const [planned] = mailboxes;
  if (mailbox === undefined || planned === undefined || mailbox.result !== null || mailbox.passId === null) return DONE;
  const shares = sharesOf(planned, project);
  const folders = shares?.groups[group];
  if (shares === null || folders === undefined || staleness(work) !== null) return DONE;
  const view: MailboxView = { counters: noCounts(), known: 0, wait: null };
  const notes = await shareNotes(work, view);
  try {
    const end = await sliceOfFolders(
      passOptions(work, view, () => notes.changed()),
      {
        ...{ mailbox: planned, width: shares.width, budget: ports.budget, share: new Set(folders) },
        ...{ passId: mailbox.passId, goesOn: true, counters: view.counters, ...guards(work) },
      },
    );
    notes.changed();
    await notes.end();
    if (end.error !== null) ports.log.trouble({ task: task.id, group }, end.error, 'a share ended early');
    if (end.kind === 'over') return DONE;
    const next = await afterLeaving(work);
    return next === 'cancelled' ? DONE : next;
  } finally {
    await notes.abandon();
  }
}

/** Several shares add to the same counts; what two of them write in the same moment counts once. */
async function shareNotes(work: SliceWork, view: MailboxView): Promise<ProgressNotes> {
  const { ports, ledger, task, lease, mailboxes } = work;
  const { runs } = ports.store;
  const [planned] = mailboxes;
  const address = planned?.address ?? '';
  const mailboxId = planned === undefined ? 0 : await ledger.openMailbox(ledgerKey(planned));
  let noted = { bytes: 0, destinationWrites: 0, flagsChanged: 0 };
  return new ProgressNotes({
    now: async (): Promise<MailboxProgress> => {
      const before = (await runs.task(task.id))?.mailboxes[0]?.progress;
      const { bytes, destinationWrites } = view.counters;
      const settled = await ledger.countSettled(mailboxId);
      return {
        ...{ settled, messages: Math.max(settled, planned?.messages ?? 0), wait: view.wait, worker: ports.worker },
        bytes: (before?.bytes ?? 0) + bytes - noted.bytes,
        destinationWrites: (before?.destinationWrites ?? 0) + destinationWrites - noted.destinationWrites,
        flagsChanged: before?.flagsChanged ?? 0,
      };
    },
    write: async (progress) => {
      const { bytes, destinationWrites, flagsChanged } = view.counters;
      await runs.noteProgress(lease, task.id, address, progress);
      noted = { bytes, destinationWrites, flagsChanged };
    },
    onError: (error) => ports.log.trouble({ task: task.id }, error, 'progress was not noted'),
  });
}
