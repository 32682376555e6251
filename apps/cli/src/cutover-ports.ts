import { setTimeout as pause } from 'node:timers/promises';
import type { MailboxBacklog } from '@mxodus/engine';
import {
  type CutoverEvent,
  dnsName,
  type Ledger,
  type LedgerReader,
  type MxodusEvent,
  type PassRow,
  type Plan,
} from '@mxodus/model';
import {
  type CutoverPorts,
  canaryPost,
  dnsHistory,
  factsFile,
  type LookPorts,
  lateMailBook,
  requestBox,
} from '@mxodus/runner';
import { createMtaStsFetcher } from '@mxodus/smtp';
import { cutoverPlan } from './commands/cutover/opened-cutover.ts';
import { passRunner } from './commands/cutover-pass.ts';
import type { OpenedPlan } from './commands/open-plan.ts';
import type { Session } from './commands/session.ts';

/** What a look needs. The ledger is opened for each question, since a run may be writing it. */
export function lookPorts(session: Session, opened: OpenedPlan): LookPorts {
  return portsOf(session, opened, async () => {
    const ledger = await opened.project.readLedger();
    try {
      return await backlogOf(opened.plan, ledger);
    } finally {
      await ledger?.close();
    }
  });
}

/** What a run needs. */
export function cutoverPorts(
  session: Session,
  opened: OpenedPlan,
  { ledger, emit }: { ledger: Ledger; emit: (event: CutoverEvent | MxodusEvent) => void },
): CutoverPorts {
  const { project, plan } = opened;
  const look = portsOf(session, opened, () => backlogOf(plan, ledger));
  return {
    ...look,
    runPass: passRunner(session, { opened, ledger, emit }),
    requests: requestBox(project.cutoverFiles.requests),
    lateMail: lateMailBook({
      path: project.cutoverFiles.lateMail,
      plan: mailPlan(opened),
      ledger,
      accounts: (mailbox) => project.accounts(mailbox),
      lookup: look.lookup,
      notice: (text) => emit({ type: 'cutover_notice', text }),
    }),
    sleep: (ms, signal) => pause(ms, undefined, { signal }),
  };
}

function portsOf(
  { now }: Session,
  opened: OpenedPlan,
  backlog: LookPorts['backlog'],
): LookPorts & Pick<CutoverPorts, 'canaries'> {
  const { plan, project } = opened;
  const { dns, config, cutoverFiles } = project;
  const observer = dns.observer();
  const smtp = dns.smtp();
  const milliseconds = (): number => now().getTime();
  return {
    observer,
    lookup: dns.lookup(plan.domains),
    delegation: (zone, signal) => observer.delegation(zone, dns.configuredServers(zone), signal),
    smtp,
    mtaSts: createMtaStsFetcher(),
    dkimSelectors: (domain) =>
      Object.entries(config.domains).find(([name]) => dnsName(name) === domain)?.[1].dkim ?? [],
    largestMessage: () => {
      const sizes = plan.mailboxes.flatMap(({ largest }) => largest.map(({ bytes }) => bytes));
      return sizes.length === 0 ? null : Math.max(...sizes);
    },
    providerFor: (domain) => dns.provider(domain),
    oldHost: dns.oldHost(),
    history: dnsHistory(cutoverFiles.history),
    facts: factsFile(cutoverFiles.facts),
    recipients: () => project.recipients(plan.mailboxes),
    canaries: canaryPost({
      plan: mailPlan(opened),
      accounts: (mailbox) => project.accounts(mailbox),
      observer,
      smtp,
      now: milliseconds,
    }),
    backlog,
    now: milliseconds,
  };
}

const mailPlan = (opened: OpenedPlan) => ({ ...cutoverPlan(opened), mailboxes: opened.plan.mailboxes });

/** Where the sync of every mailbox stands, by the ledger. What can never be moved (`cannot`) holds nothing up. */
async function backlogOf(plan: Plan, ledger: LedgerReader | null): Promise<MailboxBacklog[]> {
  const passes = Map.groupBy((await ledger?.lastPasses()) ?? [], ({ address }) => address);
  const counts = new Map((await ledger?.counts())?.map((row) => [row.address, row]));
  return plan.mailboxes.map(({ address }) => ({
    mailbox: address,
    lastPass: lastPass(passes.get(address)?.at(-1)),
    inDoubt: counts.get(address)?.intent ?? 0,
    failed: counts.get(address)?.failed ?? 0,
  }));
}

function lastPass(last: PassRow | undefined): MailboxBacklog['lastPass'] {
  if (last === undefined) return 'never';
  return last.finishedAt !== null && last.error === null ? 'complete' : 'incomplete';
}
