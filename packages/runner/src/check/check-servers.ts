import {
  type Emit,
  EXIT,
  type ExitCode,
  invariant,
  type Job,
  type JobEngine,
  type MailAccount,
  type MailSession,
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

export interface CheckServersOptions {
  servers: Readonly<Record<string, ServerToCheck>>;
  logins: readonly LoginToCheck[];
  engine: JobEngine;
  signal: AbortSignal;
  emit: Emit;
}

export interface CheckServersResult {
  exitCode: ExitCode;
  /** Each was emitted as well. */
  errors: readonly MxodusError[];
}

interface LoginJob extends Job {
  login: LoginToCheck;
}

/** Signs in to every account at both ends. One that fails does not stop the others. Changes nothing. */
export async function checkServers(options: CheckServersOptions): Promise<CheckServersResult> {
  const { logins, engine, signal, emit } = options;
  const jobs = logins.map(
    (login): LoginJob => ({
      id: `${login.role} ${login.mailbox}`,
      connections: { [login.account.server]: 1 },
      login,
    }),
  );
  const errors: MxodusError[] = [];
  const told = new Set<string>();
  const results = await engine.run(
    jobs,
    async ({ login }) => {
      const error = await checkLogin(login, options, told);
      if (error === null || signal.aborted) return;
      errors.push(error);
      const { code, where = null, what, why, advice } = error;
      emit({ type: 'error', code, where, what, why, do: advice });
    },
    signal,
  );
  for (const result of results) if (result.kind === 'threw' && !signal.aborted) throw result.error;
  const exitCode = signal.aborted ? EXIT.interrupted : worstExitCode(errors.map((error) => error.exitCode));
  return { exitCode, errors };
}

/** null: all is well. */
async function checkLogin(
  login: LoginToCheck,
  options: CheckServersOptions,
  told: Set<string>,
): Promise<MxodusError | null> {
  const { mailbox, role, account } = login;
  const { server, user } = account;
  const tell = (ok: boolean, held: { folders: number; messages: number }): void =>
    options.emit({ type: 'login_checked', mailbox, role, server, user, ok, ...held });
  try {
    const { session, held } = await look(account, options.signal);
    if (!told.has(server)) {
      told.add(server);
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
