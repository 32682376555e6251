import { severalWaits } from '@mxodus/mail';
import type { Emit, MailAccount, Wait } from '@mxodus/model';
import type { Project } from '../compose.ts';
import type { ResolvedMailbox } from '../config/resolve-mailboxes.ts';

/** Makes events of the waits of a mailbox. */
export const tellWaits =
  (emit: Emit, mailbox: string) =>
  (wait: Wait | null): void =>
    emit({ type: 'waiting', mailbox, why: wait?.why ?? '', until: wait?.until ?? null, over: wait === null });

/** Both ends of a mailbox of the config; their waits are told as one. */
export function endsOf(
  { account }: Pick<Project, 'account'>,
  { address, source, destination }: ResolvedMailbox,
  emit: Emit,
): { source: MailAccount; destination: MailAccount } {
  const ear = severalWaits(tellWaits(emit, address));
  return { source: account(source, ear()), destination: account(destination, ear()) };
}
