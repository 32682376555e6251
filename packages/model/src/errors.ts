/** Process exit codes (docs/errors.md). Over several mailboxes the first that applies of 1, 2, 6, 4, 5, 3, 0 wins. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  notAllMoved: 3,
  signIn: 4,
  temporary: 5,
  gate: 6,
  changesPending: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const SEVERITY: readonly ExitCode[] = [
  EXIT.bug,
  EXIT.usage,
  EXIT.interrupted,
  EXIT.gate,
  EXIT.signIn,
  EXIT.temporary,
  EXIT.notAllMoved,
  EXIT.changesPending,
  EXIT.done,
];

/** The exit code of a run over several mailboxes, each with its own. */
export function worstExitCode(codes: Iterable<ExitCode>): ExitCode {
  const seen = new Set(codes);
  return SEVERITY.find((code) => seen.has(code)) ?? EXIT.done;
}

/** Every code a user can meet: its exit code and what it means. The codes never change; docs/errors.md is made from this table. */
export const ERROR_CODES = {
  CONFIG_NOT_FOUND: [EXIT.usage, 'There is no config file at the path given.'],
  CONFIG_SYNTAX: [EXIT.usage, 'The config is not valid YAML.'],
  CONFIG_INVALID: [EXIT.usage, 'A key or value of the config is wrong; file and line are named.'],
  CONFIG_NOT_SUPPORTED: [EXIT.usage, 'The config asks for something this version cannot do yet.'],
  CSV_INVALID: [EXIT.usage, 'A line of a mailbox list (CSV) is wrong; file and line are named.'],
  SECRET_MISSING: [EXIT.usage, 'A secret the config refers to (env, file or command) could not be read.'],
  CLEARTEXT_REFUSED: [EXIT.usage, '`tls: none` to a host that is not loopback, without `allow_cleartext: true`.'],
  USAGE: [EXIT.usage, 'A command, option or argument is wrong.'],
  PLAN_NOT_FOUND: [EXIT.usage, 'There is no plan at the path given.'],
  PLAN_INVALID: [EXIT.usage, 'The file is not a plan, or one of another version.'],
  PLAN_EDITED: [EXIT.usage, 'The plan was changed after it was made: its hash does not match.'],
  PLAN_STALE: [EXIT.gate, 'What the plan decided on has changed since: config, server, capability, quota or DNS.'],
  STATE_UNWRITABLE: [EXIT.usage, 'The state folder (.mxodus) cannot be written.'],
  STATE_CORRUPT: [EXIT.usage, 'The ledger or the journal in the state folder cannot be read.'],
  DISK_FULL: [EXIT.temporary, 'The disk of the state folder is full.'],
  BUSY: [EXIT.temporary, 'Another process works on the same plan.'],
  LEASE_LOST: [
    EXIT.temporary,
    'This process was out of touch for so long that another one may have taken over: it stopped before it sent anything.',
  ],
  LEDGER_UNREACHABLE: [EXIT.temporary, 'The PostgreSQL server of the ledger did not answer.'],
  LEDGER_REFUSED: [EXIT.usage, 'The PostgreSQL server of the ledger refused the user, the database or a right.'],
  LEDGER_NOT_EMPTY: [EXIT.usage, 'The ledger to be filled by an import already knows mailboxes.'],
  EXPORT_INVALID: [EXIT.usage, 'The file is not a whole export of a ledger.'],
  QUEUE_UNREACHABLE: [EXIT.temporary, 'The Redis server of the queue did not answer.'],
  QUEUE_REFUSED: [EXIT.usage, 'The Redis server of the queue refused the user, or is too old.'],
  QUEUE_UNSAFE: [EXIT.usage, 'The Redis server may drop keys when it is full (`maxmemory-policy` is not noeviction).'],
  FLEET_WITHOUT_WORKERS: [EXIT.temporary, 'No worker of the fleet answers for this project.'],
  RUN_NOT_FOUND: [EXIT.usage, 'The project has no run of the fleet under way.'],
  SERVER_UNREACHABLE: [EXIT.temporary, 'The server could not be reached (name, address, port, firewall).'],
  CONNECTION_LOST: [EXIT.temporary, 'The connection ended in the middle of the work.'],
  SERVER_TIMEOUT: [EXIT.temporary, 'The server stopped answering.'],
  SERVER_BUSY: [EXIT.temporary, 'The server would not do it yet: too many connections, throttled or unavailable.'],
  AUTH_FAILED: [EXIT.signIn, 'The server refused the user name or password.'],
  TLS_FAILED: [EXIT.signIn, 'The TLS handshake failed.'],
  TLS_CERTIFICATE: [EXIT.signIn, 'The certificate is expired, for another host, or not signed by a trusted authority.'],
  TLS_NOT_OFFERED: [EXIT.signIn, 'The server does not offer STARTTLS; mxodus never falls back to cleartext.'],
  PERMISSION_DENIED: [EXIT.signIn, 'The account may not do this.'],
  PERMISSION_MISSING: [EXIT.signIn, 'The app has not been granted a permission it cannot do without; it is named.'],
  MAILBOX_MISSING: [EXIT.signIn, 'The destination tenant has no such user.'],
  MAILBOX_UNLICENSED: [EXIT.signIn, 'The user has no licence that comes with a mailbox.'],
  MAILBOX_NOT_READY: [EXIT.temporary, 'The mailbox is not there yet, is inactive, or is hosted elsewhere.'],
  DOMAIN_NOT_VERIFIED: [EXIT.signIn, 'The tenant does not hold the domain yet; what to publish is named.'],
  DOMAIN_ELSEWHERE: [EXIT.signIn, 'Another tenant holds the domain, and has to let it go first.'],
  TENANT_PROBE_FAILED: [
    EXIT.gate,
    'A test message came back as a draft, with a wrong date or without its key: nothing is moved like that.',
  ],
  FOLDER_REFUSED: [EXIT.notAllMoved, 'The destination refused to create or open a folder.'],
  MESSAGE_REFUSED: [EXIT.notAllMoved, 'The destination refused a message.'],
  MESSAGE_TOO_LARGE: [EXIT.notAllMoved, 'The message is larger than the destination accepts.'],
  MESSAGE_UNREADABLE: [EXIT.notAllMoved, 'The source would not give the message.'],
  QUOTA_EXCEEDED: [EXIT.notAllMoved, 'The destination mailbox is full.'],
  EXCHANGE_REWRITES: [
    EXIT.notAllMoved,
    'Exchange stored a message as a draft or with another date than asked; the copy was removed, and the mailbox stopped.',
  ],
  IN_DOUBT: [EXIT.notAllMoved, 'A message was sent and its answer never came; the next pass looks before it sends.'],
  UIDVALIDITY_CHANGED: [EXIT.temporary, 'A folder was deleted and made again, or rebuilt, while it was worked on.'],
  SERVER_ANSWER: [EXIT.temporary, 'The server answered in a way mxodus does not understand.'],
  DNS_UNREACHABLE: [EXIT.temporary, 'A DNS server did not answer.'],
  DNS_REFUSED: [EXIT.signIn, 'The DNS server refused the change (key, permission or policy).'],
  DNS_CHANGED: [EXIT.gate, 'The records are not what the plan saw; nothing was changed.'],
  DNS_ANSWER: [EXIT.temporary, 'A DNS server answered in a way mxodus does not trust.'],
  OLD_HOST_UNREACHABLE: [EXIT.temporary, 'The control panel of the old host did not answer.'],
  OLD_HOST_REFUSED: [EXIT.signIn, 'The control panel of the old host refused the request.'],
  GATE_CLOSED: [EXIT.gate, 'A gate of the cutover is red or unknown.'],
  INTERRUPTED: [EXIT.interrupted, 'Stopped by a signal; the same command resumes.'],
  LAB_UNAVAILABLE: [EXIT.usage, 'A server the demo needs is not installed.'],
  UNEXPECTED: [EXIT.bug, 'A bug in mxodus: an error nobody expected; the stack is in the log file.'],
  INVARIANT: [EXIT.bug, 'A bug in mxodus: something that must always hold did not.'],
} as const satisfies Record<string, readonly [ExitCode, string]>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** What happened, with the server's own words where there are any. Never a secret. */
  what: string;
  /** Why, as far as it is known. */
  why: string;
  /** What the reader can do about it. */
  advice: string;
  /** Where: a mailbox and folder, or a file and line. */
  where?: string;
  cause?: unknown;
  /** The server asked for a pause, or for fewer connections. */
  hint?: SlowDown;
}

/** What a server's own words ask for (`[THROTTLED]`, "Suggested Backoff Time", "too many connections", ...). */
export interface SlowDown {
  /** `login`: it was said to this user; `host`: to everyone on this server. */
  scope: 'login' | 'host';
  kind: 'pause' | 'fewer-connections';
  /** Milliseconds, where the server names them. */
  pauseMs: number | null;
  /** The server's words. */
  words: string;
}

/** Expected trouble, made at the edge that knows why. Anything else that is thrown is a bug. */
export class MxodusError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly what: string;
  readonly why: string;
  readonly advice: string;
  readonly where: string | undefined;
  readonly hint: SlowDown | undefined;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(`${code}: ${details.what}`, { cause: details.cause });
    this.name = 'MxodusError';
    this.code = code;
    this.exitCode = ERROR_CODES[code][0];
    this.what = details.what;
    this.why = details.why;
    this.advice = details.advice;
    this.where = details.where;
    this.hint = details.hint;
  }

  /** The same trouble, with the place it happened at (kept when already known). */
  at(where: string): MxodusError {
    if (this.where !== undefined) return this;
    const { what, why, advice, cause, hint } = this;
    return new MxodusError(this.code, { what, why, advice, cause, where, ...(hint === undefined ? {} : { hint }) });
  }
}

/** Asserts what must always hold; its failure is a bug of ours, never the user's. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (holds) return;
  throw new MxodusError('INVARIANT', {
    what,
    why: 'this is a bug in mxodus; the ledger is safe',
    advice: 'please report it with the log file named below',
  });
}
