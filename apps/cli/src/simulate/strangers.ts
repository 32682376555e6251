import { type MailStream, type SentMail, startMailStream } from '@mxodus/lab';
import type { Stage } from './stage.ts';
import { domainOf, type SimWorld } from './world-of.ts';

const EVERY_MS = 250;
const STICKY_SECONDS = 4;

/** Strangers who write during the whole cutover, each in his own way. */
export class Strangers {
  readonly #world: SimWorld;
  readonly #stage: Stage;
  readonly #all: MailStream[] = [];
  #printer: MailStream | null = null;
  #newcomers: MailStream | null = null;

  constructor(world: SimWorld, stage: Stage) {
    this.#world = world;
    this.#stage = stage;
  }

  /** To the addresses that are there before the switch. */
  begin(): void {
    const { domains, mailboxes } = this.#world;
    const served = new Set(domains.filter(({ before }) => before.length > 0).map(({ domain }) => domain));
    const recipients = mailboxes.map(({ address }) => address).filter((address) => served.has(domainOf(address)));
    if (recipients.length === 0) return;
    this.#start({ recipients, everyMs: EVERY_MS });
    this.#start({ recipients, everyMs: EVERY_MS * 3, profile: 'sticky', stickySeconds: STICKY_SECONDS });
    this.#start({ recipients, everyMs: EVERY_MS * 4, profile: 'burst', burst: 5 });
    if (domains.some(({ before }) => before.length > 1)) {
      this.#start({ recipients, everyMs: EVERY_MS * 4, profile: 'backup' });
    }
    this.#printer = this.#startPrinter();
  }

  /** To the addresses that work after the switch only. */
  welcome(): void {
    const known = new Set(this.#world.mailboxes.map(({ address }) => address));
    const domains = new Set(this.#world.domains.map(({ domain }) => domain));
    const recipients = this.#world.mailboxes
      .map(({ newAddress }) => newAddress)
      .filter((address) => !known.has(address) && domains.has(domainOf(address)));
    if (recipients.length === 0 || this.#newcomers !== null) return;
    this.#newcomers = this.#start({ recipients, everyMs: EVERY_MS * 3 });
  }

  /** The machine with the old host in its settings is set right: else the drain never ends. */
  async printerIsFixed(): Promise<void> {
    await this.#printer?.stop();
  }

  /** The new addresses are about to end. */
  async farewell(): Promise<void> {
    await this.#newcomers?.stop();
  }

  /** Nobody writes any more, and everything is delivered or refused; what cannot be delivered for a minute is given up, and counts as lost. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#all.map((stream) => stream.stop()));
  }

  abandon(): void {
    for (const stream of this.#all) stream.abandon();
  }

  get sent(): SentMail[] {
    return this.#all.flatMap(({ sent }) => [...sent]);
  }

  get bounced(): number {
    return this.#all.reduce((sum, { bounced }) => sum + bounced.length, 0);
  }

  /** Mails an old host took although `since` (RFC 3339) is over. */
  lateSince(since: string): number {
    const old = new Set(this.#stage.sinks.filter(({ host }) => host.new.length === 0).map(({ host }) => host.address));
    const delivered = this.#all.flatMap((stream) => [...stream.delivered]);
    return delivered.filter(({ host, deliveredAt }) => old.has(host) && deliveredAt > since).length;
  }

  #startPrinter(): MailStream | null {
    const host = this.#stage.sinks.find(({ host: { old } }) => old.length > 0)?.host;
    const mine = this.#world.mailboxes.filter(({ address }) => host?.old.includes(domainOf(address)));
    if (host === undefined || mine.length === 0) return null;
    const recipients = mine.map(({ address }) => address);
    const from = 'printer@printer.test';
    return this.#start({ recipients, everyMs: EVERY_MS * 4, profile: 'static', staticAddress: host.address, from });
  }

  #start(options: Omit<Parameters<typeof startMailStream>[0], 'resolver' | 'smtpPort'>): MailStream {
    const { dns, smtpPort } = this.#stage;
    const stream = startMailStream({ resolver: dns.resolver, smtpPort, ...options });
    this.#all.push(stream);
    return stream;
  }
}
