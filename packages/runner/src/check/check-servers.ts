import { freeSeats, permissionTrouble, tenantMailboxTrouble } from '@mxodus/engine';
import {
  type Emit,
  type EventOf,
  EXIT,
  type ExitCode,
  invariant,
  type Job,
  type JobEngine,
  type Licence,
  type MailAccount,
  type MailSession,
  type MailTenant,
  MxodusError,
  worstExitCode,
} from '@mxodus/model';

export interface ServerToCheck {
  host: string;
  connections: number;
  connectionsPerMailbox: number;
}

export interface LoginToCheck {
  /** Address of the mailbox. */
  mailbox: string;
  role: 'source' | 'destination';
  account: MailAccount;
}

/** What a fleet has besides mail servers. */
export interface ServiceToCheck {
  service: EventOf<'service_checked'>['service'];
  /** Changes nothing. Throws what keeps it from being used. */
  look(): Promise<Omit<EventOf<'service_checked'>, 'type' | 'service'>>;
}

export interface CheckServersOptions {
  services?: readonly ServiceToCheck[];
  servers: Readonly<Record<string, ServerToCheck>>;
  /** The servers that are tenants, by name. */
  tenants?: Readonly<Record<string, MailTenant>>;
  logins: readonly LoginToCheck[];
  engine: JobEngine;
  signal: AbortSignal;
  emit: Emit;
}

export interface CheckServersResult {
  exitCode: ExitCode;
  /** Of tenants and sign-ins. Each was emitted as well, as were those of services. */
  errors: readonly MxodusError[];
  /** Of services that cannot be used. */
  unfit: readonly MxodusError[];
}

interface LoginJob extends Job {
  login: LoginToCheck;
}

/**
 * Looks at the services, asks every tenant what the app may do, then signs in to every account at both ends. One that fails does not
 * stop the others, except that a tenant which cannot be asked at all has none of its mailboxes asked. Changes nothing.
 */
export async function checkServers(options: CheckServersOptions): Promise<CheckServersResult> {
  const { engine, signal, emit } = options;
  const unfit = await lookAtServices(options);
  const tenants = await askTenants(options);
  const logins = options.logins.filter(({ account }) => !tenants.closed.has(account.server));
  const jobs = logins.map(
    (login): LoginJob => ({
      id: `${login.role} ${login.mailbox}`,
      connections: { [login.account.server]: 1 },
      login,
    }),
  );
  const errors: MxodusError[] = [...tenants.closed.values()];
  const context: LoginContext = { ...options, told: new Set(), licences: tenants.licences };
  const results = await engine.run(
    jobs,
    async ({ login }) => {
      const error = await checkLogin(login, context);
      if (error === null || signal.aborted) return;
      errors.push(error);
      tellError(error, emit);
    },
    signal,
  );
  for (const result of results) if (result.kind === 'threw' && !signal.aborted) throw result.error;
  const exitCode = signal.aborted
    ? EXIT.interrupted
    : worstExitCode([...unfit, ...errors].map((error) => error.exitCode));
  return { exitCode, errors, unfit };
}

async function lookAtServices({ services = [], signal, emit }: CheckServersOptions): Promise<MxodusError[]> {
  const unfit: MxodusError[] = [];
  for (const { service, look } of services) {
    if (signal.aborted) break;
    try {
      emit({ type: 'service_checked', service, ...(await look()) });
    } catch (error) {
      if (!(error instanceof MxodusError) || error.code === 'INVARIANT') throw error;
      const found = error.at(service);
      unfit.push(found);
      tellError(found, emit);
    }
  }
  return unfit;
}

interface Tenants {
  /** Those that say no for all their mailboxes. */
  closed: ReadonlyMap<string, MxodusError>;
  /** Where they are known. */
  licences: ReadonlyMap<string, readonly Licence[]>;
}

async function askTenants(options: CheckServersOptions): Promise<Tenants> {
  const { logins, signal, emit } = options;
  const closed = new Map<string, MxodusError>();
  const licences = new Map<string, readonly Licence[]>();
  for (const [server, tenant] of Object.entries(options.tenants ?? {})) {
    if (signal.aborted || !logins.some(({ account }) => account.server === server)) continue;
    try {
      const permissions = await tenant.permissions();
      const seats = await tenant.licences();
      if (seats.known) licences.set(server, seats.value);
      const trouble = permissionTrouble(permissions, server);
      emit({
        type: 'tenant_checked',
        server,
        tenant: tenant.tenant,
        ok: trouble === null,
        permissions: permissions.map((permission) => ({ ...permission })),
        free_licences: seats.known ? freeSeats(seats.value) : null,
      });
      if (trouble !== null) throw trouble;
    } catch (error) {
      if (!(error instanceof MxodusError) || error.code === 'INVARIANT') throw error;
      if (signal.aborted) break;
      const found = error.at(`server "${server}"`);
      closed.set(server, found);
      tellError(found, emit);
    }
  }
  return { closed, licences };
}

function tellError(error: MxodusError, emit: Emit): void {
  const { code, where = null, what, why, advice } = error;
  emit({ type: 'error', code, where, what, why, do: advice });
}

interface LoginContext extends CheckServersOptions {
  /** Servers that were told about. */
  told: Set<string>;
  licences: Tenants['licences'];
}

/** null: all is well. */
async function checkLogin(login: LoginToCheck, options: LoginContext): Promise<MxodusError | null> {
  const { mailbox, role, account } = login;
  const { server, user } = account;
  const tell = (ok: boolean, held: { folders: number; messages: number }): void =>
    options.emit({ type: 'login_checked', mailbox, role, server, user, ok, ...held });
  try {
    const tenant = options.tenants?.[server];
    if (tenant !== undefined) await askMailbox(tenant, user, options.licences.get(server) ?? null);
    const { session, held } = await look(account, options.signal);
    if (!options.told.has(server)) {
      options.told.add(server);
      await tellServer(login, session, options);
    }
    tell(true, held);
    return null;
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code === 'INVARIANT') throw error;
    tell(false, { folders: 0, messages: 0 });
    return error.at(`${mailbox}, ${role}`);
  }
}

async function askMailbox(tenant: MailTenant, user: string, licences: readonly Licence[] | null): Promise<void> {
  const trouble = tenantMailboxTrouble(await tenant.mailbox(user), { server: tenant.server, licences });
  if (trouble !== null) throw trouble;
}

async function look(
  account: MailAccount,
  signal: AbortSignal,
): Promise<{ session: MailSession; held: { folders: number; messages: number } }> {
  const session = await account.open(signal, refuseWrite);
  try {
    const folders = (await session.listFolders()).filter((folder) => folder.status !== null);
    const messages = folders.reduce((sum, { status }) => sum + (status?.messages ?? 0), 0);
    return { session, held: { folders: folders.length, messages } };
  } finally {
    await session.close();
  }
}

async function tellServer({ account }: LoginToCheck, { facts }: MailSession, options: CheckServersOptions) {
  const known = options.servers[account.server];
  invariant(known !== undefined, `server "${account.server}" of a login is among the servers`);
  const isDestination = options.logins.some((l) => l.role === 'destination' && l.account.server === account.server);
  options.emit({
    type: 'server_checked',
    server: account.server,
    host: known.host,
    tls: facts.tls,
    product: facts.product,
    capabilities: [...facts.capabilities],
    append_limit: facts.appendLimit,
    connections: known.connections,
    connections_per_mailbox: known.connectionsPerMailbox,
    writes_by: isDestination ? await strategy(account, options.signal) : null,
  });
}

async function strategy(account: MailAccount, signal: AbortSignal): Promise<string> {
  const appender = await account.openAppender(signal, refuseWrite);
  await appender.close();
  return appender.strategy;
}

const refuseWrite = (command: string): void => invariant(false, `a check was about to send ${command}`);
