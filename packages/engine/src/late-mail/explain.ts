import type { FolderRole, LateMail } from '@mxodus/model';
import { canaryOf } from './canary-id.ts';
import { findEntry } from './find-entry.ts';
import { howLong } from './how-long.ts';
import { type CacheTimes, domainOf, lateCause, type Verdict } from './late-cause.ts';
import { clientText, MailHosts, type MxHost } from './mail-hosts.ts';
import { parseReceived, type ReceivedHop } from './received.ts';
import { plain, type TraceField, traceFields } from './trace-fields.ts';

/** A message the drain fetched. */
export interface LateMessage {
  mailbox: string;
  folder: string;
  role: FolderRole | null;
  uidValidity: number;
  uid: number;
  /** Milliseconds since the epoch; null: the server tells none. */
  internalDate: number | null;
  /** The header section; null: it could not be read. */
  header: Uint8Array | null;
}

export interface LateSettings {
  /** Milliseconds since the epoch: when the new MX was accepted. */
  switchedAt: number;
  caches: CacheTimes;
  old: readonly MxHost[];
  new: readonly MxHost[];
  domains: readonly string[];
}

/** A host of a path that is longer than this is left out, oldest first. */
const PATH = 30;
/** Dates that are further apart are no delay but a wrong clock. */
const LONGEST_QUEUE_MS = 14 * 86_400_000;
/** What two clocks may differ by. */
const CLOCKS_MS = 3_600_000;
/** From here on it is worth a word that it waited. */
const TOLD_QUEUE_MS = 60_000;

/** Says of messages where they came from, and why to the old host. Pure; rows already in the ledger tell which clients came before. */
export class LateMailExplainer {
  readonly #settings: LateSettings;
  readonly #hosts: MailHosts;
  readonly #domains: ReadonlySet<string>;
  /** Clients that came when no cache could hold the old MX any more. */
  readonly #cameLate = new Set<string>();

  constructor(settings: LateSettings, known: readonly LateMail[] = []) {
    this.#settings = settings;
    this.#hosts = new MailHosts(settings);
    this.#domains = new Set(settings.domains.map((domain) => domain.toLowerCase()));
    for (const row of known) this.#remember(row);
  }

  explain(message: LateMessage): LateMail {
    const fields = message.header === null ? [] : traceFields(message.header);
    const hops = fields.filter(({ name }) => name === 'received').map(({ value }) => parseReceived(value));
    const entry = findEntry(hops, this.#hosts);
    const { switchedAt } = this.#settings;
    const messageId = textOf(fields, 'message-id');
    const submitted = submittedAt(hops, message.internalDate);
    const path = hops
      .slice(entry?.index ?? 0)
      .flatMap(({ client }) => (client === null ? [] : [clientText(client)]))
      .filter((host) => host !== '')
      .slice(0, PATH)
      .toReversed();
    const row: Omit<LateMail, 'cause' | 'why'> = {
      v: 1,
      mailbox: message.mailbox,
      folder: message.folder,
      uid_validity: message.uidValidity,
      uid: message.uid,
      message_id: messageId === '' ? null : messageId.slice(0, 998),
      sender: senderOf(fields),
      received: instant(message.internalDate),
      submitted: instant(submitted),
      after_switch_ms: message.internalDate === null ? null : message.internalDate - switchedAt,
      path: entry === null ? [] : path,
    };
    const verdict = this.#verdict(message, { fields, hops, entry, row });
    const explained = { ...row, ...verdict, why: plain(`${verdict.why}${queueText(submitted, message.internalDate)}`) };
    this.#remember(explained);
    return explained;
  }

  #verdict(
    message: LateMessage,
    of: {
      fields: readonly TraceField[];
      hops: readonly ReceivedHop[];
      entry: ReturnType<typeof findEntry>;
      row: Omit<LateMail, 'cause' | 'why'>;
    },
  ): Verdict {
    const { fields, hops, entry, row } = of;
    if (canaryOf(row.message_id) !== null) return { cause: 'canary', why: 'a test mail of this cutover' };
    if (message.header === null)
      return { cause: 'unknown', why: 'the old server no longer gives it: it was deleted or moved there since' };
    const stale = staleVerdict(message, hops, this.#settings.switchedAt);
    if (stale !== null) return stale;
    if (entry === null) {
      const why =
        hops.length === 0
          ? 'it has no Received field: a program on the old host put it there'
          : 'it never came from outside: a program on the old host, or another customer of it, made it';
      return { cause: 'local', why };
    }
    return lateCause({
      entry,
      hops,
      sender: row.sender,
      spfPassed: spfPassed(fields, entry.index),
      domains: this.#domains,
      afterSwitchMs: row.after_switch_ms,
      caches: this.#settings.caches,
      cameBefore: this.#cameLate.has(row.path.at(-1) ?? ''),
    });
  }

  #remember({ cause, path, after_switch_ms: after }: LateMail): void {
    const client = path.at(-1);
    if (client === undefined || after === null || after <= this.#settings.caches.low) return;
    if (cause === 'sticky' || cause === 'hard-coded') this.#cameLate.add(client);
  }
}

/** Nobody sent it: a mail program keeps its own messages, or old ones, in the old mailbox. */
function staleVerdict(
  { role, folder, internalDate }: LateMessage,
  hops: readonly ReceivedHop[],
  switchedAt: number,
): Verdict | null {
  const cause = 'stale-client';
  if (role === 'sent')
    return { cause, why: 'a mail program, or the old webmail, keeps what it sends in the old mailbox' };
  if (role === 'drafts') return { cause, why: 'a mail program, or the old webmail, keeps drafts in the old mailbox' };
  const isDelivered = role === 'inbox' || role === 'junk' || folder.toUpperCase() === 'INBOX';
  if (hops.length === 0)
    return isDelivered ? null : { cause, why: `it was not received: a mail program put it into ${folder}` };
  const [top] = hops;
  if (top?.date == null || internalDate === null || isDelivered) return null;
  const old = top.date < switchedAt - CLOCKS_MS && internalDate - top.date > CLOCKS_MS;
  return old
    ? {
        cause,
        why: `it was received ${howLong(switchedAt - top.date)} before the switch, and put into ${folder} since`,
      }
    : null;
}

/** Fields are added on top: what is above the entry was written by the old system. */
function spfPassed(fields: readonly TraceField[], entryIndex: number): boolean {
  let received = 0;
  for (const { name, value } of fields) {
    if (name === 'received') received += 1;
    if (received > entryIndex + 1) return false;
    if (name === 'received-spf' && /^pass\b/i.test(value)) return true;
    if (name === 'authentication-results' && /\bspf\s*=\s*pass\b/i.test(value)) return true;
  }
  return false;
}

/** When the first host took it, as far as its clock can be believed. */
function submittedAt(hops: readonly ReceivedHop[], internalDate: number | null): number | null {
  const date = hops.findLast((hop) => hop.date !== null)?.date ?? null;
  if (date === null || internalDate === null) return date;
  return date <= internalDate + CLOCKS_MS && date >= internalDate - LONGEST_QUEUE_MS ? date : null;
}

function queueText(submitted: number | null, received: number | null): string {
  if (submitted === null || received === null || received - submitted < TOLD_QUEUE_MS) return '';
  return `; it was on its way for ${howLong(received - submitted)}`;
}

function senderOf(fields: readonly TraceField[]): string {
  return addressIn(textOf(fields, 'return-path')) || addressIn(textOf(fields, 'from'));
}

/** The first address of a field, without its name and comments. */
function addressIn(value: string): string {
  const angled = /<\s*([^<>\s]{1,320})\s*>/.exec(value)?.[1];
  const found = angled ?? value.split(/[\s,;()<>"]+/).find((word) => word.includes('@')) ?? '';
  return domainOf(found) === '' || !found.includes('@') ? '' : found.slice(0, 320);
}

const textOf = (fields: readonly TraceField[], name: string): string =>
  fields.find((field) => field.name === name)?.value ?? '';

/** null too where a date is beyond what RFC 3339 can say. */
function instant(time: number | null): string | null {
  return time === null || time < 0 || time > 253_402_300_799_000 ? null : new Date(time).toISOString();
}
