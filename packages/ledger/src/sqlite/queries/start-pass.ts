import { invariant } from '@mxodus/model';
import { integer } from '../../rows/columns.ts';
import type { LedgerFile } from '../ledger-file.ts';

export function startPass(
  file: LedgerFile,
  mailboxId: number,
  pass: { kind: string; planSha256: string; startedAt: string },
): number {
  const row = file.durably(() =>
    file.get(
      'insert into passes (mailbox_id, kind, plan_sha256, started_at) values (?, ?, ?, ?) returning id',
      mailboxId,
      pass.kind,
      pass.planSha256,
      pass.startedAt,
    ),
  );
  invariant(row !== undefined, 'a started pass has a row');
  return integer(row, 'id');
}
