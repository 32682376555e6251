import { type ErrorCode, MxodusError } from '@mxodus/model';
import { verdictOf, wordsOf } from './answers.ts';
import type { GraphDoubt, GraphRefusal } from './graph.ts';

/** What was asked for when Graph refused. */
export interface RefusalContext {
  /** The name of the server in the config. */
  server: string;
  /** null: the tenant. */
  user: string | null;
  /** Goes after "would not": "list the folders", "create the folder Reports". */
  doing: string;
  /** The application permission it needs; default Mail.ReadWrite. */
  permission?: string;
}

interface Meaning {
  code: ErrorCode;
  why: string;
  advice: string;
}

type Explain = (context: { user: string; permission: string }, refusal: GraphRefusal) => Meaning;

const LATER = 'the same command later; what is done is kept, nothing is sent twice';
const AGAIN = 'the same command again; report it if it repeats';

const noMailbox: Explain = ({ user }) => ({
  code: 'PERMISSION_DENIED',
  why: `${user} has no mailbox in Exchange Online: no licence that has one, made less than a day ago, soft-deleted, or still on-premises`,
  advice: `give ${user} a licence with Exchange Online (Microsoft 365 admin center > Users > Active users > Licenses and apps); a new mailbox can take 24 hours, then the same command`,
});

const noUser: Explain = ({ user }) => ({
  code: 'PERMISSION_DENIED',
  why: `the tenant has no user ${user}`,
  advice: `create ${user} in the tenant and give it a licence with Exchange Online, or correct the new address in the config`,
});

const noConsent: Explain = ({ permission }) => ({
  code: 'PERMISSION_DENIED',
  why: `the app lacks the application permission ${permission}`,
  advice: `an admin has to add it: Microsoft Entra admin center > App registrations > the app > API permissions > Microsoft Graph > Application permissions > ${permission}, then "Grant admin consent"`,
});

const noAccess: Explain = ({ user, permission }) => ({
  code: 'PERMISSION_DENIED',
  why: `the app may not use ${user}: ${permission} has no admin consent, RBAC for Applications does not cover this mailbox, or the grant is new (it takes up to 2 hours)`,
  advice: `grant ${permission} under Microsoft Entra admin center > App registrations > the app > API permissions, or put the mailbox into the scope of the app's role (Exchange PowerShell: Test-ServicePrincipalAuthorization -Identity APP -Resource ${user} shows it)`,
});

/** Exchange gives one code for both. */
const full: Explain = ({ user }, { message }) =>
  /Cannot get ID from name/i.test(message)
    ? {
        code: 'QUOTA_EXCEEDED',
        why: `${user} has no room for another named property: too many programs left theirs in it`,
        advice: 'ask Microsoft support to raise the quota of named properties, or use another mailbox',
      }
    : {
        code: 'QUOTA_EXCEEDED',
        why: `the mailbox of ${user} is full`,
        advice: `free some space, or give ${user} a licence with a larger mailbox; then the same command`,
      };

const busy: Explain = () => ({
  code: 'SERVER_BUSY',
  why: 'the service is overloaded, or limits this mailbox',
  advice: LATER,
});

const moving: Explain = ({ user }) => ({
  code: 'SERVER_BUSY',
  why: `Microsoft moves the mailbox of ${user}, or its store is down`,
  advice: LATER,
});

const tooLarge: Explain = () => ({
  code: 'MESSAGE_TOO_LARGE',
  why: 'it is larger than the mailbox takes (35 MB where no admin has changed it), or than one request may be',
  advice:
    'raise the limit (Exchange PowerShell: Set-Mailbox -MaxReceiveSize -MaxSendSize, at most 150 MB) and `limits.message` in the config',
});

const noFolder: Explain = () => ({
  code: 'FOLDER_REFUSED',
  why: 'the folder is there already under a name that differs in case only, or the one it belongs in is gone',
  advice: 'make a new plan: it looks at the folders again',
});

const signIn: Explain = () => ({
  code: 'AUTH_FAILED',
  why: 'the access token is not accepted: the app was disabled, or `graph_url` and `authority` are of two different clouds',
  advice:
    'check the app under Microsoft Entra admin center > Enterprise applications, and the two addresses in the config',
});

const blocked: Explain = ({ user }) => ({
  code: 'PERMISSION_DENIED',
  why: `the mailbox of ${user} cannot be opened: the account is blocked or its mailbox disabled`,
  advice: `check ${user} in the Microsoft 365 admin center (Users > Active users) and the Exchange admin center`,
});

const MEANINGS: Readonly<Record<string, Explain>> = {
  Authorization_RequestDenied: noConsent,
  ErrorAccessDenied: noAccess,
  ErrorFolderExists: noFolder,
  ErrorInvalidParentFolder: noFolder,
  ErrorInvalidUser: noMailbox,
  ErrorMailboxLogonFailed: blocked,
  ErrorMailboxMoveInProgress: moving,
  ErrorMailboxStoreUnavailable: moving,
  ErrorMessageSizeExceeded: tooLarge,
  ErrorNonExistentMailbox: noMailbox,
  ErrorParentFolderNotFound: noFolder,
  ErrorQuotaExceeded: full,
  ErrorSendAsDenied: noAccess,
  ErrorServerBusy: busy,
  InvalidAuthenticationToken: signIn,
  MailboxNotEnabledForRESTAPI: noMailbox,
  QuotaExceededException: full,
  Request_ResourceNotFound: noUser,
  ResourceNotFound: noMailbox,
};

const BY_STATUS: Readonly<Record<number, Explain>> = { 401: signIn, 403: noAccess, 413: tooLarge, 507: full };

const other: Explain = () => ({ code: 'SERVER_ANSWER', why: 'see its words', advice: AGAIN });

/** What a refusal is to people: which admin step is missing, with the server's words and its request-id. */
export function refusalToError(refusal: GraphRefusal, context: RefusalContext): MxodusError {
  const { status, code, requestId } = refusal;
  const passing = ['throttled', 'passing'].includes(verdictOf(status, code)) ? busy : other;
  const explain = MEANINGS[code] ?? BY_STATUS[status] ?? passing;
  const { user, permission = 'Mail.ReadWrite' } = context;
  const meaning = explain({ user: user ?? 'the tenant', permission }, refusal);
  return new MxodusError(meaning.code, {
    what: `the server would not ${context.doing}: ${wordsOf(refusal)}${requestId === null ? '' : ` (request-id ${requestId})`}`,
    why: meaning.why,
    advice: meaning.advice,
    where: placeOf(context),
  });
}

/** A doubt that nobody could clear up. */
export function doubtToError(doubt: GraphDoubt, context: RefusalContext): MxodusError {
  const what = `the server was asked to ${context.doing}, and nothing says whether it did: ${doubt.message}`;
  const details = {
    what,
    advice: 'the same command again: it looks first, nothing is done twice',
    where: placeOf(context),
  };
  if (doubt.status === null) {
    const silent = doubt.cause instanceof MxodusError && doubt.cause.code === 'SERVER_TIMEOUT';
    return new MxodusError(silent ? 'SERVER_TIMEOUT' : 'CONNECTION_LOST', {
      ...details,
      why: 'the connection ended before the answer came',
      cause: doubt,
    });
  }
  return new MxodusError(doubt.status === 504 ? 'SERVER_TIMEOUT' : 'SERVER_BUSY', {
    ...details,
    why: 'the service gave up waiting for itself, or is overloaded',
    cause: doubt,
  });
}

const placeOf = ({ server, user }: RefusalContext): string => (user === null ? server : `${user} at ${server}`);
