import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';

/** Five values a row; SQLite takes 32,766 in one statement. */
const ROWS_AT_ONCE = 1000;

export async function addAlterations(
  db: Kysely<LedgerSchema>,
  of: { passId: number; folderId: number },
  alterations: readonly { uid: number | null; what: string; why: string }[],
): Promise<void> {
  for (let start = 0; start < alterations.length; start += ROWS_AT_ONCE) {
    const rows = alterations.slice(start, start + ROWS_AT_ONCE).map(({ uid, what, why }) => ({
      folder_id: of.folderId,
      uid: uid ?? 0,
      what,
      why,
      pass_id: of.passId,
    }));
    await db
      .insertInto('alterations')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
