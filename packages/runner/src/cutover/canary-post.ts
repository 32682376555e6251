import type { CutoverPlan } from '@mxodus/engine';
import type { DnsObserver, MailAccount, PlanMailbox, SmtpClient } from '@mxodus/model';
import { canaryMessage } from './canary-message.ts';
import { canaryRoute } from './canary-route.ts';
import { CanarySearch } from './canary-search.ts';
import type { Canary, CanaryPost } from './ports.ts';

export interface CanaryPostOptions {
  plan: Pick<CutoverPlan, 'domains' | 'settings'> & { mailboxes: readonly PlanMailbox[] };
  accounts(mailbox: PlanMailbox): { source: MailAccount; destination: MailAccount };
  observer: DnsObserver;
  smtp: SmtpClient;
  /** Milliseconds since the epoch. */
  now(): number;
}

type Sent = Awaited<ReturnType<CanaryPost['send']>>;

/** An address of `canary_to` that is no mailbox may be an alias of any of its domain's; so many, the smallest, are looked at. */
const MAILBOXES_OF_AN_ALIAS = 10;
/** Silent addresses, each with its own time to answer, after which no other is tried (RFC 5321 section 5.1: at least two). */
const ADDRESSES_WAITED_FOR = 2;

/** Test mails that go the way a stranger's mail goes, and are looked for where they may arrive. */
export function canaryPost(options: CanaryPostOptions): CanaryPost {
  const { plan } = options;
  const { probe } = plan.settings;
  const searches = new Map<string, { old: CanarySearch; new: CanarySearch }>();
  const searchesOf = (mailbox: PlanMailbox): { old: CanarySearch; new: CanarySearch } => {
    const known = searches.get(mailbox.address);
    if (known !== undefined) return known;
    const { source, destination } = options.accounts(mailbox);
    const made = { old: new CanarySearch(source), new: new CanarySearch(destination) };
    searches.set(mailbox.address, made);
    return made;
  };
  const recipients = probe?.canary === true ? recipientsOf(plan, probe.canary_to) : [];
  return {
    recipients: () => recipients,
    send: (canary, signal) => send(options, canary, signal),
    find: async (canaries, signal) => {
      const found = new Map<string, { at: 'new' | 'old'; arrived: number | null }>();
      const now = options.now();
      for (const [mailbox, wanted] of byMailbox(plan, canaries)) {
        const since = Math.min(...wanted.map(({ id }) => madeAt(id)));
        const everywhere = wanted.some(({ id }) => now - madeAt(id) > (probe?.canary_every ?? 0));
        const { old, new: fresh } = searchesOf(mailbox);
        // In this order: what the drain brought over was at the old host before, and is still there.
        const atNew = await fresh.look({ since, now, everywhere, signal });
        const atOld = await old.look({ since, now, everywhere, signal });
        for (const { id } of wanted) {
          if (atOld.has(id)) found.set(id, { at: 'old', arrived: atOld.get(id) ?? null });
          else if (atNew.has(id) && !found.has(id)) found.set(id, { at: 'new', arrived: atNew.get(id) ?? null });
        }
      }
      return found;
    },
  };
}

function recipientsOf(
  { domains, mailboxes }: CanaryPostOptions['plan'],
  wanted: readonly string[],
): { domain: string; recipient: string }[] {
  return domains.flatMap(({ domain }) => {
    const asked = wanted.filter((address) => domainOf(address) === domain);
    if (asked.length > 0) return asked.map((recipient) => ({ domain, recipient }));
    const [smallest] = ofDomain(mailboxes, domain);
    return smallest === undefined ? [] : [{ domain, recipient: smallest.address }];
  });
}

function byMailbox(
  { mailboxes }: CanaryPostOptions['plan'],
  canaries: readonly Canary[],
): ReadonlyMap<PlanMailbox, Canary[]> {
  const found = new Map<PlanMailbox, Canary[]>();
  for (const canary of canaries) {
    const address = canary.recipient.toLowerCase();
    const own = mailboxes.find((one) => one.address.toLowerCase() === address);
    const places = own === undefined ? ofDomain(mailboxes, canary.domain).slice(0, MAILBOXES_OF_AN_ALIAS) : [own];
    for (const mailbox of places) found.set(mailbox, [...(found.get(mailbox) ?? []), canary]);
  }
  return found;
}

const ofDomain = (mailboxes: readonly PlanMailbox[], domain: string): PlanMailbox[] =>
  mailboxes.filter(({ address }) => domainOf(address) === domain).toSorted((a, b) => a.messages - b.messages);

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/** An id begins with the time it was made at, in base 36. */
function madeAt(id: string): number {
  const time = Number.parseInt(id, 36);
  return Number.isSafeInteger(time) ? time : 0;
}

/** Tries host after host, as a sender does; only a no for good, and one that is about the mail, is what a stranger gets too. */
async function send(
  { plan, observer, smtp, now }: CanaryPostOptions,
  canary: Canary,
  signal: AbortSignal,
): Promise<Sent> {
  const { probe, resolvers } = plan.settings;
  const route = await canaryRoute(canary.domain, { observer, resolvers, port: probe?.smtp_port ?? 25, signal });
  if (route.kind === 'refused') return { kind: 'bounced', why: route.why };
  if (route.kind === 'unknown') return { kind: 'unsent', why: route.why };
  const from = probe?.from ?? `postmaster@${canary.domain}`;
  const mail = { from, to: canary.recipient, raw: canaryMessage(canary, { from, now: now() }) };
  const troubles: string[] = [];
  const began = now();
  for (const target of route.targets) {
    // The drain waits for this: where nothing answers, not every address is tried.
    if (now() - began >= ADDRESSES_WAITED_FOR * (probe?.timeout ?? 30_000)) break;
    const answer = await smtp.send(target, mail, signal);
    const host = `${target.host} [${target.address}]`;
    if (answer.kind === 'accepted') return { kind: 'sent' };
    if (answer.kind === 'unknown') return { kind: 'unknown', why: `${host}: ${answer.why}` };
    if (answer.kind === 'refused' && !isAboutUs(answer.text))
      return { kind: 'bounced', why: `${host}: ${answer.text}` };
    troubles.push(`${host}: ${'text' in answer ? answer.text : answer.why}`);
  }
  return { kind: 'unsent', why: troubles.join('; ') };
}

/** Words of a no that is about this machine, or about its sending for the domain: a stranger's server does not get it. */
function isAboutUs(text: string): boolean {
  if (/relay/i.test(text)) return false;
  return /client host|blocked (?:using|by)|(?:block|black|deny)[- ]?list|dns?bl|spamhaus|spamcop|barracuda|reputation|reverse (?:dns|hostname|lookup)|\bptr\b|\bspf\b|\bdmarc\b|\b5\.7\.(?:2[0-9]|[56]\d\d)\b|sender (?:address |verify )?(?:rejected|denied|failed)/i.test(
    text,
  );
}
