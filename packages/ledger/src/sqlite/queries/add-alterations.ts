import type { LedgerFile } from '../ledger-file.ts';

/** No message has UID 0 (RFC 9051 section 2.3.1.1): there stands what was done to the folder itself. */
const FOLDER_ITSELF = 0;

export function addAlterations(
  file: LedgerFile,
  of: { passId: number; folderId: number },
  alterations: readonly { uid: number | null; what: string; why: string }[],
): void {
  file.soon(() => {
    for (const { uid, what, why } of alterations) {
      file.run(
        'insert into alterations (folder_id, uid, what, why, pass_id) values (?, ?, ?, ?, ?) on conflict do nothing',
        of.folderId,
        uid ?? FOLDER_ITSELF,
        what,
        why,
        of.passId,
      );
    }
  });
}
