import { moves } from '@mxodus/engine';
import { type MailRouting, MxodusError } from '@mxodus/model';
import type { Run, Write } from './run-context.ts';

const ROUTINGS: readonly MailRouting[] = ['auto', 'local', 'secondary', 'remote'];

/**
 * Before the first switch: tells the old host to keep late mail of each domain (or to send it on), whatever its own copy of the zone
 * suggests. How it was before is in the journal first; it is looked at again by every process that switches.
 */
export async function pinOldHost(run: Run, write: Write): Promise<void> {
  const { oldHost } = run.ports;
  const pin = run.plan.settings.old_host?.pin;
  if (oldHost === null || pin === undefined || run.pinned) return;
  for (const { domain } of run.plan.domains.filter(moves)) {
    const { set } = await oldHost.routing(domain, run.signal);
    if (!run.progress.pinned.has(domain)) {
      await write(run, { state: run.progress.state, event: 'pinned', facts: { domain, routing: pin, before: set } });
    }
    if (set !== pin) await route(run, domain, pin);
  }
  run.pinned = true;
}

/** Tells the old host, then writes it down: told twice is no harm. */
export async function routeDomain(
  run: Run,
  { domain, routing }: { domain: string; routing: string },
  write: Write,
): Promise<void> {
  const wanted = ROUTINGS.find((known) => known === routing);
  if (wanted === undefined) throw notRouted(domain, `"${routing}" is no routing`);
  const before = run.progress.pinned.get(domain)?.routing ?? wanted;
  await route(run, domain, wanted);
  await write(run, { state: run.progress.state, event: 'pinned', facts: { domain, routing, before } });
}

async function route(run: Run, domain: string, routing: MailRouting): Promise<void> {
  const { oldHost } = run.ports;
  if (oldHost === null) throw notRouted(domain, 'the config has no `cutover.old_host` any more');
  await oldHost.route(domain, routing, run.signal);
  const { set } = await oldHost.routing(domain, run.signal);
  if (set !== routing) throw notRouted(domain, `it said yes, and its routing is "${set}"`);
}

function notRouted(domain: string, why: string): MxodusError {
  return new MxodusError('OLD_HOST_REFUSED', {
    what: `the old host was not told how to treat mail of ${domain}`,
    why,
    advice: 'set the routing of the domain in its control panel (Email Routing), then run the same command',
  });
}
