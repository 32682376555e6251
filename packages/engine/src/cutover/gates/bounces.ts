import type { Gate } from '@mxodus/model';
import type { CanaryInputs } from './canaries.ts';

const GATE = { id: 'G13', name: 'nothing bounces' };

/**
 * Test mails since the switch, refused for good by a host of the domain. Red until a later one to the same address arrives: then it was
 * repaired, and the report still has it.
 */
export function bouncesGate({ canaries: recipients, progress }: CanaryInputs): Gate {
  const sent = [...progress.canaries.byId.values()].filter(({ seen }) => seen?.at !== 'unsent');
  if (recipients.length === 0 || sent.length === 0) {
    return {
      ...GATE,
      status: 'amber',
      why: recipients.length === 0 ? 'no test mails are sent' : 'no test mail was sent yet',
      fix: recipients.length === 0 ? 'set `cutover.probe.canary: true`' : 'only time helps',
    };
  }
  const bounced = sent.filter(({ seen }) => seen?.at === 'bounced');
  const open = bounced.find(
    ({ recipient, sentAt }) =>
      !sent.some((later) => later.recipient === recipient && later.seen?.at === 'new' && later.sentAt > sentAt),
  );
  if (open !== undefined) {
    return {
      ...GATE,
      status: 'red',
      why: `a test mail to ${open.recipient} was refused: ${open.seen?.why ?? 'no words are known'}`,
      fix: `strangers get the same answer: repair it at the host that says so, or \`mxodus cutover rollback\``,
    };
  }
  if (bounced.length > 0) {
    const count = bounced.length === 1 ? 'a test mail was' : `${bounced.length} test mails were`;
    return { ...GATE, status: 'amber', why: `${count} refused; later ones arrived`, fix: '' };
  }
  return { ...GATE, status: 'green', why: `none of ${sent.length} test mails was refused`, fix: '' };
}
