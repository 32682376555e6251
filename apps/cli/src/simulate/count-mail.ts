import { inMaildirs, type SentMail } from '@mxodus/lab';
import type { Stage } from './stage.ts';
import type { SimAccount, SimWorld } from './world-of.ts';

export interface MailCount {
  sent: number;
  arrived: number;
  lost: number;
  doubled: number;
}

/**
 * Where every mail has to be in the end. new: after a cutover; old: after a rollback; either: when it was stopped on the way, each mail is
 * where the MX of its moment took it, and may be at both ends once.
 */
export type Side = 'new' | 'old' | 'either';

/** Looks for every mail by its Message-ID, on the disks of the servers and past mxodus. */
export async function countMail(
  { mailboxes }: Pick<SimWorld, 'mailboxes'>,
  stage: Pick<Stage, 'server'>,
  { sent, side }: { sent: readonly SentMail[]; side: Side },
): Promise<MailCount> {
  const count: MailCount = { sent: sent.length, arrived: 0, lost: 0, doubled: 0 };
  for (const { address, newAddress, source, destination } of mailboxes) {
    const mine = sent.filter(({ recipient }) => recipient === address || recipient === newAddress);
    if (mine.length === 0) continue;
    const [old, fresh] = [await copiesAt(stage, source), await copiesAt(stage, destination)];
    for (const { messageId } of mine) {
      const [atOld, atNew] = [old.get(messageId) ?? 0, fresh.get(messageId) ?? 0];
      const copies = side === 'old' ? atOld : side === 'new' ? atNew : Math.max(atOld, atNew);
      if (copies > 0) count.arrived += 1;
      else count.lost += 1;
      if (copies > 1) count.doubled += 1;
    }
  }
  return count;
}

async function copiesAt(stage: Pick<Stage, 'server'>, account: SimAccount): Promise<Map<string, number>> {
  const copies = new Map<string, number>();
  for (const id of await inMaildirs(stage.server(account))(account.user)) copies.set(id, (copies.get(id) ?? 0) + 1);
  return copies;
}
