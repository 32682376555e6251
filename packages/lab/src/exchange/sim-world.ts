/**
 * What all parts of the simulated Microsoft 365 know. A part exports `(world: SimWorld) => SimRoute`: mailRoutes of mailbox/index.ts,
 * contentRoutes of content/index.ts; the frame asks them in this order and answers 400/404 itself where both say null.
 *
 * Before a part is asked, the frame has checked: the token, the role that the path needs, that the user exists, has a mailbox and is in
 * scope, the limits, the size of the request, the faults. It adds request-id, client-request-id, Preference-Applied and the error
 * envelope (throw SimError).
 *
 * Pre-authenticated addresses are made by contentRoutes as `${request.preauthenticatedOrigin}/api/…`, with Users('<SimUser.id>') or
 * Mailboxes('<SimUser.mailboxId>') in the path, as Microsoft's are: by that the frame knows whose limits they count for. Such a request
 * comes to contentRoutes with segments ['api', …] (nothing else ever starts with 'api'), and no roles.
 */
import type { Random } from '../seed/random.ts';
import type { MailboxStore } from './mailbox/store.ts';
import type { AccessTokens } from './sign-in/access-tokens.ts';
import type { SimSwitches } from './switches.ts';

export interface SimWorld {
  /** The clock of the service: tests move it. */
  now(): Date;
  /** Read at each request: tests change them. */
  switches: SimSwitches;
  /** Depends on the seed only. */
  random: Random;
  readonly tenant: string;
  readonly limits: SimLimits;
  readonly users: readonly SimUser[];
  /** By id, user principal name or any address, in any case of letters. */
  userOf(name: string): SimUser | undefined;
  /** Also for what is not Graph: IMAP tokens have the audience https://outlook.office365.com and the role IMAP.AccessAsApp. */
  readonly tokens: Pick<AccessTokens, 'verify'>;
  /** By SimUser.id: whoever needs one first makes it. */
  readonly mailboxes: Map<string, MailboxStore>;
}

export interface SimUser {
  /** A GUID. */
  readonly id: string;
  readonly userPrincipalName: string;
  /** Other addresses. */
  readonly aliases: readonly string[];
  readonly displayName: string;
  readonly userPurpose: 'user' | 'linked' | 'shared' | 'room' | 'equipment' | 'others';
  /** Localized names of the well-known folders. */
  readonly locale: 'en' | 'de';
  /** MBX:<guid>@<tenant> */
  readonly mailboxId: string;
  /** These tests change. */
  licensed: boolean;
  /** From when on there is a mailbox; null: never. */
  restEnabledFrom: Date | null;
  accountEnabled: boolean;
  quotaBytes: number;
  maxMessageBytes: number;
}

/** Of one app and mailbox, unless it says otherwise. */
export interface SimLimits {
  concurrent: number;
  requests: { count: number; seconds: number };
  /** Of POST, PATCH, PUT. */
  uploaded: { bytes: number; seconds: number };
  /** Of one request; more is 413. */
  requestBytes: number;
  batchRequests: number;
  tokenLifetimeSeconds: number;
}

/** Microsoft's numbers (documented 2026-09). 4 MB is read as the smaller of its two meanings. */
export const MICROSOFT_LIMITS: Readonly<SimLimits> = {
  concurrent: 4,
  requests: { count: 10_000, seconds: 600 },
  uploaded: { bytes: 150_000_000, seconds: 300 },
  requestBytes: 4_000_000,
  batchRequests: 20,
  tokenLifetimeSeconds: 3599,
};
