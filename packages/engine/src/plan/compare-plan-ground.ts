import type { PlanMailbox, Quota } from '@mxodus/model';
import { bytesText } from './bytes-text.ts';
import { fits } from './quota-after.ts';

/** Capabilities that decide how a copy is done and how it is made safe: losing one changes what the plan was made on. */
const RELIED_ON = ['CONDSTORE', 'LITERAL+', 'LITERAL-', 'MULTIAPPEND', 'QRESYNC', 'UIDPLUS'] as const;

export const reliedOn = (capabilities: readonly string[]): string[] => {
  const offered = new Set(capabilities.map((name) => name.toUpperCase()));
  return RELIED_ON.filter((name) => offered.has(name));
};

export interface Ground {
  capabilities: readonly string[];
  appendLimit: number | null;
  quota: Quota | null;
}

/** Why a plan no longer holds at this destination; empty where it does. Server, host, port and TLS are in the config's hash. */
export function comparePlanGround(plan: PlanMailbox, now: Ground): string[] {
  const offered = new Set(now.capabilities.map((name) => name.toUpperCase()));
  const lost = plan.destination_capabilities.filter((name) => !offered.has(name.toUpperCase()));
  return [
    ...lost.map((name) => `server "${plan.destination.server}" no longer offers ${name}`),
    ...smallerLimit(plan, now.appendLimit),
    ...smallerQuota(plan, now.quota),
  ];
}

function smallerLimit(plan: PlanMailbox, now: number | null): string[] {
  if (now === null || (plan.append_limit !== null && now >= plan.append_limit)) return [];
  const cannot = new Set(plan.too_large.map(({ folder, uid }) => `${folder}\0${uid}`));
  const hit = plan.largest.find(({ folder, uid, bytes }) => bytes > now && !cannot.has(`${folder}\0${uid}`));
  if (hit === undefined) return [];
  return [`the destination now takes messages up to ${bytesText(now)}; the plan moves one of ${bytesText(hit.bytes)}`];
}

function smallerQuota(plan: PlanMailbox, now: Quota | null): string[] {
  if (!plan.fits || now === null || now.limitBytes === null || fits(now, plan.destination_bytes_after)) return [];
  const [limit, after] = [bytesText(now.limitBytes), bytesText(plan.destination_bytes_after)];
  return [`the destination's quota is now ${limit}; the plan counts on ${after}`];
}
