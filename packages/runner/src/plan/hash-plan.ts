import { createHash } from 'node:crypto';
import { canonicalJson, type Plan } from '@mxodus/model';

/** SHA-256 of the canonical JSON of everything but the hash itself. */
export function hashPlan(plan: Omit<Plan, 'sha256'> & { sha256?: string }): string {
  const { sha256: _, ...rest } = plan;
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}
