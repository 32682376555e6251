import { createHash } from 'node:crypto';
import { type FencedLease, MxodusError, type PlanMailbox } from '@mxodus/model';
import { destinationOf } from '../sync/mailbox-jobs.ts';

/** One worker at a time writes into a destination mailbox; the groups of its folders are below it. */
export function leaseName(project: string, mailbox: PlanMailbox, group: number | null): string {
  const hash = createHash('sha256').update(destinationOf(mailbox)).digest('hex').slice(0, 24);
  return [project, hash, ...(group === null ? [] : [`f${group}`])].join('/');
}

const LEAST_MARGIN_MS = 200;

/**
 * To be called right before something is sent that changes the destination. The margin is for what happens between the call and the moment
 * the bytes leave the machine.
 */
export function onlyWhileHeld(lease: FencedLease, leaseMs: number): () => void {
  const marginMs = Math.max(LEAST_MARGIN_MS, leaseMs / 10);
  return () => {
    if (lease.heldForMs() >= marginMs && !lease.lost.aborted) return;
    throw new MxodusError('LEASE_LOST', {
      what: 'this worker was out of touch for so long that another one may have its mailbox',
      why: 'the lease was not renewed in time: the machine was suspended or overloaded, or PostgreSQL did not answer',
      advice: 'nothing was sent; another worker, or this one, goes on by itself',
    });
  };
}

/** Of who feeds the queue from these projects. No project has a name like it. */
export function feederLease(projects: readonly string[]): string {
  const hash = createHash('sha256').update(projects.toSorted().join(' ')).digest('hex').slice(0, 24);
  return `.feeder/${hash}`;
}
