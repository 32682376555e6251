import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';

export async function startPass(
  db: Kysely<LedgerSchema>,
  mailboxId: number,
  pass: { kind: string; planSha256: string; startedAt: string },
): Promise<number> {
  const { id } = await db
    .insertInto('passes')
    .values({ mailbox_id: mailboxId, kind: pass.kind, plan_sha256: pass.planSha256, started_at: pass.startedAt })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
