import type { Gate } from '@mxodus/model';
import type { GateInputs, MailboxBacklog } from './gate.ts';

/** G7: the last pass of every mailbox is complete, so that the final delta is short. */
export function backlogGate({ backlog }: GateInputs): Gate {
  const gate = { id: 'G7', name: 'backlog', fix: 'run mxodus sync until every mailbox is complete' };
  if (backlog.kind === 'unknown') return { ...gate, status: 'unknown', why: backlog.why };
  const { mailboxes } = backlog;
  if (mailboxes.length === 0) return { ...gate, status: 'unknown', why: 'no mailbox is known' };
  const behind = mailboxes.filter(({ lastPass, inDoubt, failed }) => lastPass !== 'complete' || inDoubt + failed > 0);
  if (behind.length === 0) {
    return { ...gate, status: 'green', why: `the last pass of all ${mailboxes.length} mailboxes is complete`, fix: '' };
  }
  const named = behind.slice(0, 3).map(backlogText).join('; ');
  const more = behind.length > 3 ? `; ${behind.length - 3} more` : '';
  return { ...gate, status: 'red', why: named + more };
}

function backlogText({ mailbox, lastPass, inDoubt, failed }: MailboxBacklog): string {
  if (lastPass === 'never') return `${mailbox}: never synced`;
  if (inDoubt + failed > 0) return `${mailbox}: ${failed} failed, ${inDoubt} in doubt`;
  return `${mailbox}: the last pass is not complete`;
}
