import { type Licence, MxodusError, type PlanWarning, type TenantMailbox } from '@mxodus/model';

/** What stands in the way of a mailbox of a tenant, and which step of its admin is missing. */

/**
 *   mailbox   directory      licence          purpose         is
 *   answers   -              none             user, linked    MAILBOX_UNLICENSED (it is deleted 30 days after its licence)
 *   answers   -              -                -               fine
 *   denied    -              -                -               PERMISSION_MISSING
 *   else      no such user   -                -               MAILBOX_MISSING
 *   else      not known      -                -               MAILBOX_MISSING where the service knows no such user
 *   else      there          none             not shared      MAILBOX_UNLICENSED
 *   else      -              -                -               MAILBOX_NOT_READY
 *
 * @param licences those of the tenant; null: not known
 */
export function tenantMailboxTrouble(
  mailbox: TenantMailbox,
  tenant: { server: string; licences: readonly Licence[] | null },
): MxodusError | null {
  const { answer, exists, licence, user } = mailbox;
  const unlicensed = licence.known && licence.value === 'none';
  if (answer.kind === 'answers') return unlicensed && isPerson(mailbox) ? noLicence(mailbox, tenant) : null;
  if (answer.kind === 'denied') return denied(user, answer.words);
  if (exists.known ? !exists.value : answer.kind === 'unknown-user') return missing(mailbox, tenant.server);
  if (unlicensed && !needsNone(mailbox)) return noLicence(mailbox, tenant);
  return notReady(mailbox, answer.words);
}

/**
 * What does not stop the move, and what its admin should know.
 *
 * @param of the address mail is sent to now, and the domains whose mail will go to the tenant
 */
export function tenantMailboxWarnings(
  mailbox: TenantMailbox,
  of: { address: string; domains: readonly string[] },
): PlanWarning[] {
  const { enabled, licence, purpose, user, addresses } = mailbox;
  const warnings: PlanWarning[] = [];
  const domain = of.address.slice(of.address.lastIndexOf('@') + 1).toLowerCase();
  const willArrive = of.domains.some((name) => name.toLowerCase() === domain);
  if (willArrive && addresses.known && !addresses.value.some((one) => one.toLowerCase() === of.address.toLowerCase())) {
    const text = `${of.address} is none of the addresses of ${user}: after the switch mail to it would be refused; add it (Exchange admin centre, Mailboxes, email addresses)`;
    warnings.push({ code: 'ADDRESS', text });
  }
  if (enabled.known && !enabled.value && !needsNone(mailbox)) {
    const text = `the sign-in of ${user} is blocked: mail is moved, but nobody can read it there until it is unblocked (Entra admin centre, Users)`;
    warnings.push({ code: 'SIGN_IN_BLOCKED', text });
  }
  if (licence.known && licence.value === 'none' && !purpose.known) {
    const text = `${user} has no licence with a mailbox: fine for a shared mailbox; of a user it is deleted after 30 days (which it is, is not known: ${purpose.why})`;
    warnings.push({ code: 'LICENCE', text });
  }
  return warnings;
}

const isPerson = ({ purpose }: TenantMailbox): boolean =>
  purpose.known && (purpose.value === 'user' || purpose.value === 'linked');

const needsNone = (mailbox: TenantMailbox): boolean => mailbox.purpose.known && !isPerson(mailbox);

const denied = (user: string, words: string): MxodusError =>
  new MxodusError('PERMISSION_MISSING', {
    what: `the app may not open the mailbox of ${user} (Mail.ReadWrite)`,
    why: `the service says ${words}`,
    advice:
      'grant the app Mail.ReadWrite (application) with admin consent, or with RBAC for Applications put the mailbox into its scope; `Test-ServicePrincipalAuthorization` shows what holds, and a new grant may take two hours (docs/exchange.md)',
  });

function missing({ user, exists }: TenantMailbox, server: string): MxodusError {
  return new MxodusError('MAILBOX_MISSING', {
    what: `tenant "${server}" has no user ${user}`,
    why: exists.known
      ? 'its directory does not have it'
      : `the mail service knows none; the directory was not asked: ${exists.why}`,
    advice:
      'create the user and assign a licence with Exchange Online (Microsoft 365 admin centre, Users), or correct the address (`assign`, `destination.user`)',
  });
}

function noLicence({ user, answer }: TenantMailbox, tenant: { licences: readonly Licence[] | null }): MxodusError {
  const why =
    answer.kind === 'answers'
      ? 'the mailbox is still there, and is deleted 30 days after the licence was taken away'
      : 'without one there is no mailbox (a shared mailbox needs none, but has to be made)';
  return new MxodusError('MAILBOX_UNLICENSED', {
    what: `${user} has no licence that comes with a mailbox`,
    why,
    advice: `assign one (Microsoft 365 admin centre, Users, Licenses and apps); ${seatsText(tenant.licences)}`,
  });
}

export const freeSeats = (licences: readonly Licence[]): number => licences.reduce((sum, { free }) => sum + free, 0);

/** "free seats: 3 of EXCHANGESTANDARD". */
export function seatsText(licences: readonly Licence[] | null): string {
  if (licences === null) return 'how many are free is not known';
  const free = licences.filter((licence) => licence.free > 0).map(({ name, free: n }) => `${n} of ${name}`);
  return free.length === 0 ? 'no seat is free: buy one first' : `free seats: ${free.join(', ')}`;
}

function notReady({ user, licence }: TenantMailbox, words: string): MxodusError {
  const pending = licence.known && licence.value === 'pending';
  return new MxodusError('MAILBOX_NOT_READY', {
    what: `the mailbox of ${user} does not answer`,
    why: pending ? `its licence is still being set up; the service says ${words}` : `the service says ${words}`,
    advice:
      'after a licence was assigned it takes up to 24 hours: the same command again, later; otherwise see in the Exchange admin centre whether it is inactive, deleted or on-premises',
  });
}
