import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLookup, createObserver } from '@mxodus/dns';
import type { CutoverPlan, CutoverProgress } from '@mxodus/engine';
import { advance, NO_PROGRESS } from '@mxodus/engine';
import {
  exchangeDelivery,
  type Lab,
  maildirDelivery,
  makeTempDir,
  startExchange,
  startLab,
  updateZone,
} from '@mxodus/lab';
import { openSqliteLedger } from '@mxodus/ledger';
import { givenToken, imapAccount } from '@mxodus/mail';
import { exchangeAccount, graphService, itemBookInMemory } from '@mxodus/mail/exchange';
import {
  type CutoverEvent,
  configSchema,
  type JournalNote,
  type Ledger,
  type MailAccount,
  noMessages,
  type PlanMailbox,
} from '@mxodus/model';
import { type CanaryRun, type CutoverJournal, openJournal } from '@mxodus/runner';
import { createSmtpClient } from '@mxodus/smtp';

/** Two real mail hosts, real name servers and the parts that follow mail to them, without the run around them. */

export const never = new AbortController().signal;

export type DrainWorld = Awaited<ReturnType<typeof startDrainWorld>>;

export async function startDrainWorld() {
  const temp = await makeTempDir();
  const lab = await startLab({ users: ['ann', 'bob'], mxTtl: 1 });
  const observer = createObserver({ timeoutMs: 10_000 });
  const smtp = createSmtpClient({ helo: 'mail.elsewhere.test', timeoutMs: 10_000, pauseMs: 0 });
  const plan = planOf(lab);
  const passwords = new Map<string, string>();
  const account = (end: 'old' | 'new', user: string): MailAccount =>
    imapAccount({
      ...{ server: end, host: '127.0.0.1', port: lab[end].port, tls: 'none', compress: false, user },
      auth: { method: 'login', password: async () => passwords.get(user) ?? lab.password },
    });
  return {
    lab,
    plan,
    observer,
    smtp,
    dir: temp.path,
    passwords,
    accounts: ({ source, destination }: PlanMailbox) => ({
      source: account('old', source.user),
      destination: account('new', destination.user),
    }),
    lookup: createLookup({
      zones: [],
      resolvers: [lab.dns.resolver.address],
    }),
    /** Puts it into somebody's INBOX, as if it had come at that time. */
    deliver: (end: 'old' | 'new', user: string, text: string, at: Date): Promise<void> =>
      maildirDelivery({ server: lab[end] }).deliver(
        `${user}@${lab.zone}`,
        Buffer.from(text.replaceAll('\n', '\r\n')),
        at,
      ),
    /** A stranger sends straight to the old host. */
    sendToOld: async (user: string, id: string): Promise<void> => {
      const raw = Buffer.from(`Message-ID: <${id}@elsewhere.test>\r\nFrom: friend@elsewhere.test\r\n\r\nHello\r\n`);
      const target = { host: lab.mx.old, address: '127.0.0.2', port: lab.smtpPort };
      const answer = await smtp.send(target, { from: 'friend@elsewhere.test', to: `${user}@${lab.zone}`, raw }, never);
      if (answer.kind !== 'accepted') throw new Error(JSON.stringify(answer));
    },
    pointMxTo: async (end: 'old' | 'new'): Promise<void> => {
      await updateZone(lab.dns.primary, lab.dns.tsig, {
        zone: lab.zone,
        remove: [{ name: lab.zone, type: 'MX' }],
        add: [{ name: lab.zone, type: 'MX', ttl: 1, data: `10 ${lab.mx[end]}` }],
      });
    },
    /** The host the resolver names. */
    mx: async (): Promise<string> => {
      const seen = await observer.ask(lab.dns.resolver.address, { name: lab.zone, type: 'MX' }, never);
      return seen.kind === 'answer' ? seen.rrset.records.join() : seen.kind;
    },
    openLedger: () => openSqliteLedger(join(temp.path, 'ledger.db')),
    openJournal: () => openJournal(join(temp.path, 'cutover.ndjson')),
    lateMailPath: join(temp.path, 'late-mail.ndjson'),
    stop: async (): Promise<void> => {
      await lab.stop();
      await temp.remove();
    },
  };
}

/** A mailbox of a simulated Microsoft 365, and how mail comes to it. */
export async function startExchangeMailbox({ dir, lab }: DrainWorld, address: string) {
  const sim = await startExchange({ dir, certificates: lab.certificates, users: [address] });
  const service = graphService({
    server: 'm365',
    graphUrl: sim.graphUrl,
    tokens: givenToken(async () => sim.token()),
    governor: { request: async () => () => undefined, pause: () => undefined, reducedTo: () => null },
    ca: await readFile(sim.caFile, 'utf8'),
  });
  const sender = { lookup: { addresses: async () => [] }, port: 0, name: '' };
  const { deliver } = exchangeDelivery({ exchange: sim, contacts: new Map(), sender });
  return {
    account: exchangeAccount({
      ...{ server: 'm365', user: address, service, items: itemBookInMemory(), messageLimit: 35_000_000 },
      writer: { writer: 'auto', imap: null, importMimeProof: null, tempDir: dir },
      onWait: () => undefined,
    }),
    deliver: (text: string, at: Date): Promise<void> =>
      deliver(address, Buffer.from(text.replaceAll('\n', '\r\n')), at),
    stop: async (): Promise<void> => {
      await service.close();
      await sim.stop();
    },
  };
}

/** A pass over one mailbox, as the ledger has it: these messages of INBOX were sent. `finished` false: it was killed. */
export async function passOver(
  { accounts, plan }: DrainWorld,
  ledger: Ledger,
  of: { user: string; kind: string; finished?: boolean },
): Promise<number[]> {
  const mailbox = plan.mailboxes.find(({ source }) => source.user === of.user);
  if (mailbox === undefined) throw new Error(`no mailbox of ${of.user}`);
  const id = await ledger.openMailbox({ address: mailbox.address, source: of.user, destination: of.user });
  const pass = await ledger.startPass(id, { kind: of.kind, planSha256: 'x', startedAt: new Date().toISOString() });
  const session = await accounts(mailbox).source.open(never, () => undefined);
  const { messages, uidValidity } = await session.scan('INBOX');
  await session.close();
  const folder = await ledger.openFolder(id, { source: 'INBOX', uidValidity, destination: 'INBOX' });
  const known = new Set((await ledger.messages(folder.id)).map(({ uid }) => uid));
  const fresh = messages.filter(({ uid }) => !known.has(uid));
  const row = { flags: '', floor: 1, digest: null, emailId: null };
  await ledger.writeIntents(
    folder.id,
    pass,
    fresh.map(({ uid, bytes, internalDate }) => ({ uid, bytes, internalDate, ...row })),
  );
  await ledger.settle(
    folder.id,
    pass,
    fresh.map(({ uid }) => ({ uid, kind: 'stored', destinationUid: uid })),
  );
  if (of.finished !== false) {
    const buckets = { ...noMessages(), moved_now: fresh.length };
    const none = { destinationWrites: 0, bytes: 0, flagsChanged: 0, error: null };
    const finishedAt = new Date().toISOString();
    await ledger.finishPass(pass, { exitCode: 0, sourceMessages: messages.length, buckets, ...none, finishedAt });
  }
  return fresh.map(({ uid }) => uid);
}

/** A run whose switch is made; what it writes is in a real journal. */
export function runOf(
  { plan }: DrainWorld,
  options: { journal: CutoverJournal; ports: CanaryRun['ports']; events: CutoverEvent[] },
): { run: CanaryRun; write: (run: CanaryRun, note: JournalNote) => Promise<void> } {
  const run: CanaryRun = {
    plan: { sha256: 'x', domains: plan.domains, settings: plan.settings },
    progress: options.journal.entries.reduce<CutoverProgress>(advance, NO_PROGRESS),
    journal: options.journal,
    emit: (event) => void options.events.push(event),
    signal: never,
    ports: options.ports,
  };
  const write = async (of: CanaryRun, note: JournalNote): Promise<void> => {
    of.progress = advance(of.progress, await options.journal.append(note, options.ports.now()));
  };
  return { run, write };
}

function planOf(lab: Lab): Pick<CutoverPlan, 'domains' | 'settings'> & { mailboxes: PlanMailbox[] } {
  const probe = { smtp_port: lab.smtpPort, canary: true, canary_every: '200ms' };
  const quick = { ttl: 1, resolver_floor: '1s', slack: '1s', poll: '1ms', resolvers: [lab.dns.resolver.address] };
  const mx = (host: string) => ({ ttl: 1, records: [{ host, preference: 10 }] });
  return {
    settings: configSchema.shape.cutover.parse({ ...quick, probe }),
    domains: [
      {
        ...{ domain: lab.zone, zone: lab.zone, provider: 'manual', authoritative: [] },
        ...{ before: mx(lab.mx.old), after: mx(lab.mx.new) },
      },
    ],
    mailboxes: lab.users.map((user, index) => mailboxOf(user, lab.zone, 10 - index)),
  };
}

function mailboxOf(user: string, zone: string, messages: number): PlanMailbox {
  const address = `${user}@${zone}`;
  return {
    ...{ address, source: { server: 'old', user }, destination: { server: 'new', user, address } },
    ...{ messages, bytes: 0, folders: [], largest: [], too_large: [], refused_keywords: [], warnings: [] },
    ...{ source_quota: null, destination_quota: null, destination_bytes_after: 0, fits: true },
    ...{ destination_messages: 0, destination_capabilities: [], append_limit: null },
  };
}
