import {
  freeSeats,
  permissionTrouble,
  permissionWarnings,
  probeTrouble,
  probeWarnings,
  tenantMailboxTrouble,
  tenantMailboxWarnings,
} from '@mxodus/engine';
import type {
  Emit,
  Licence,
  MailTenant,
  MxodusError,
  PlanTenant,
  PlanWarning,
  ProbeResult,
  ProbeWriter,
  TenantMailbox,
  TenantPermission,
} from '@mxodus/model';

/** What of a plan is asked of the tenants its mailboxes move to. */

export interface PlannedTenant {
  tenant: MailTenant;
  /** The writers to try with a test message. */
  probes: readonly ProbeWriter[];
  /** The domains whose mail will go there. */
  domains: readonly string[];
}

interface Seen {
  permissions: readonly TenantPermission[];
  licences: readonly Licence[] | null;
  probes: ProbeResult[];
}

export interface TenantEnd {
  server: string;
  user: string;
}

export class TenantAudits {
  readonly #tenants: Readonly<Record<string, PlannedTenant>>;
  readonly #emit: Emit;
  readonly #seen = new Map<string, Seen>();
  readonly #mailboxes = new Map<string, TenantMailbox>();

  constructor(tenants: Readonly<Record<string, PlannedTenant>>, emit: Emit) {
    this.#tenants = tenants;
    this.#emit = emit;
  }

  /**
   * Asks each tenant for what holds for all its mailboxes, and writes the test messages into the first mailbox that can be moved to.
   * Throws what stops every mailbox.
   */
  async begin(ends: readonly TenantEnd[], signal: AbortSignal): Promise<void> {
    for (const [server, planned] of Object.entries(this.#tenants)) {
      const own = ends.filter((end) => end.server === server);
      if (own.length > 0) await this.#begin(planned, own, signal);
    }
  }

  /** null: not of a tenant. Throws what stops this mailbox. */
  async mailbox(end: TenantEnd): Promise<TenantMailbox | null> {
    const planned = this.#tenants[end.server];
    if (planned === undefined) return null;
    const found = this.#mailboxes.get(key(end)) ?? (await planned.tenant.mailbox(end.user));
    const trouble = this.#trouble(end.server, found);
    if (trouble !== null) throw trouble;
    return found;
  }

  mailboxWarnings(server: string, mailbox: TenantMailbox, address: string): PlanWarning[] {
    return tenantMailboxWarnings(mailbox, { address, domains: this.#tenants[server]?.domains ?? [] });
  }

  warnings(): PlanWarning[] {
    return [...this.#seen].flatMap(([server, { permissions, probes }]) => [
      ...permissionWarnings(permissions, server),
      ...probes.flatMap((probe) => probeWarnings(probe, server)),
    ]);
  }

  /** undefined: no mailbox goes to a tenant. */
  inPlan(): Record<string, PlanTenant> | undefined {
    if (this.#seen.size === 0) return undefined;
    return Object.fromEntries([...this.#seen].map(([server, seen]) => [server, toPlan(seen)]));
  }

  async #begin({ tenant, probes }: PlannedTenant, ends: readonly TenantEnd[], signal: AbortSignal): Promise<void> {
    const { server } = tenant;
    const permissions = await tenant.permissions();
    const licences = await tenant.licences();
    const seen: Seen = { permissions, licences: licences.known ? licences.value : null, probes: [] };
    this.#seen.set(server, seen);
    const trouble = permissionTrouble(permissions, server);
    if (trouble !== null) throw trouble;
    if (probes.length === 0) return;
    const user = await this.#firstReady(tenant, ends, signal);
    // Without one every mailbox says why by itself.
    if (user === null) return;
    for (const writer of probes) seen.probes.push(await this.#probe(tenant, user, writer));
  }

  async #firstReady(tenant: MailTenant, ends: readonly TenantEnd[], signal: AbortSignal): Promise<string | null> {
    for (const end of ends) {
      signal.throwIfAborted();
      const found = await tenant.mailbox(end.user);
      this.#mailboxes.set(key(end), found);
      if (this.#trouble(end.server, found) === null) return end.user;
    }
    return null;
  }

  async #probe(tenant: MailTenant, user: string, writer: ProbeWriter): Promise<ProbeResult> {
    const result = await tenant.probe(user, writer);
    const trouble = probeTrouble(result, tenant.server);
    this.#emit({
      type: 'tenant_probed',
      server: tenant.server,
      user,
      writer,
      ok: trouble === null,
      faults: result.faults.map(({ fault, words }) => ({ fault, words })),
    });
    if (trouble !== null) throw trouble;
    return result;
  }

  #trouble(server: string, mailbox: TenantMailbox): MxodusError | null {
    return tenantMailboxTrouble(mailbox, { server, licences: this.#seen.get(server)?.licences ?? null });
  }
}

const key = ({ server, user }: TenantEnd): string => `${server}\0${user.toLowerCase()}`;

const toPlan = ({ permissions, licences, probes }: Seen): PlanTenant => ({
  permissions: permissions.map(({ name, state }) => ({ name, state })),
  free_licences: licences === null ? null : freeSeats(licences),
  probes: probes.map(({ writer, user, arrival, faults }) => ({
    writer,
    mailbox: user,
    arrival,
    faults: faults.map(({ fault }) => fault),
  })),
});
