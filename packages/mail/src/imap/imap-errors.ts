import { type ErrorDetails, MxodusError, type SlowDown } from '@mxodus/model';
import type { ImapAccountOptions } from './imap-options.ts';
import { readSlowDown } from './slow-down.ts';
import type { Ending } from './wire.ts';

/** Tells apart what imapflow, Node and the server throw. Only here are messages matched by their text. */

const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const UNREACHABLE_CODES = new Set([
  'CONNECT_TIMEOUT',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
]);

const TIMEOUT_CODES = new Set(['ETIMEOUT', 'ETIMEDOUT', 'GREETING_TIMEOUT', 'UPGRADE_TIMEOUT']);

const LOST_CODES = new Set([
  'ClosedAfterConnectTLS',
  'ClosedAfterConnectText',
  'EConnectionClosed',
  'ECONNRESET',
  'EPIPE',
  'NoConnection',
]);

/** The fields of an error thrown by imapflow or Node that matter here. */
export interface ImapFailure {
  message: string;
  code: string;
  authenticationFailed: boolean;
  tlsFailed: boolean;
  /** NO or BAD. */
  responseStatus: string;
  responseText: string;
  responseCode: string;
  /** The words of a BYE that ended the connection. */
  bye: string;
}

export function readFailure(error: unknown): ImapFailure {
  const field = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined);
  const text = (name: string): string => {
    const value = field(name);
    return typeof value === 'string' ? value : '';
  };
  return {
    message: error instanceof Error ? error.message : String(error),
    code: text('code'),
    authenticationFailed: field('authenticationFailed') === true,
    tlsFailed: field('tlsFailed') === true,
    responseStatus: text('responseStatus'),
    responseText: text('responseText') || text('response'),
    responseCode: text('serverResponseCode') || codeOf(field('response')),
    bye: text('reason'),
  };
}

/** The response code of a parsed tagged answer: `NO [ALREADYEXISTS] ...`. */
function codeOf(response: unknown): string {
  const first = (value: unknown, key: string): unknown => {
    const list: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
    return Array.isArray(list) ? list[0] : undefined;
  };
  const atom = first(first(response, 'attributes'), 'section');
  const value: unknown = typeof atom === 'object' && atom !== null ? Reflect.get(atom, 'value') : undefined;
  return typeof value === 'string' ? value : '';
}

const place = (options: ImapAccountOptions): string =>
  `${options.user} at ${options.server} (${options.host}:${options.port})`;

/** What went wrong while connecting and signing in. */
export function connectError(error: unknown, options: ImapAccountOptions): MxodusError {
  if (error instanceof MxodusError) return error;
  const failure = readFailure(error);
  const where = place(options);
  const make = (code: ConstructorParameters<typeof MxodusError>[0], details: Omit<ErrorDetails, 'where' | 'cause'>) =>
    new MxodusError(code, { ...details, where, cause: error });

  if (CERTIFICATE_CODES.has(failure.code)) {
    return make('TLS_CERTIFICATE', {
      what: `the certificate of ${options.host} was not accepted: ${failure.message}`,
      why: 'it is expired, made for another host, or signed by an authority this machine does not trust',
      advice: 'renew it, use the host name it was made for, or give its authority as `ca:` of the server',
    });
  }
  if (failure.authenticationFailed) return signInError(failure, options, make);
  if (failure.message === UNSUPPORTED_SASL) return mechanismError(options, make);
  if (failure.tlsFailed) {
    const missing = /STARTTLS/i.test(failure.message) && failure.code === '';
    return missing
      ? make('TLS_NOT_OFFERED', {
          what: 'the server does not offer STARTTLS on this port',
          why: 'it is set up without it, or something on the way strips it; mxodus never sends a password in cleartext instead',
          advice: 'use `tls: implicit` and its port (993), or have STARTTLS enabled',
        })
      : make('TLS_FAILED', {
          what: `TLS failed: ${failure.message}`,
          why: 'the two sides could not agree, or something on the way interferes',
          advice: 'check `tls:` and `port:` of the server, and that its TLS is not outdated',
        });
  }
  if (failure.code.startsWith('ERR_SSL') || failure.code === 'EPROTO') {
    return make('TLS_FAILED', {
      what: `the TLS handshake failed: ${failure.message}`,
      why: 'the port does not speak TLS at once, or its TLS is outdated',
      advice: 'check `tls:` (implicit or starttls) and `port:` of the server',
    });
  }
  if (UNREACHABLE_CODES.has(failure.code)) {
    return make('SERVER_UNREACHABLE', {
      what: `no connection: ${failure.message}`,
      why: 'the name does not resolve, nothing listens there, or a firewall is in the way',
      advice: 'check `host:` and `port:` of the server',
    });
  }
  return laterError(failure, make);
}

type Make = (
  code: ConstructorParameters<typeof MxodusError>[0],
  details: Omit<ErrorDetails, 'where' | 'cause'>,
) => MxodusError;

/** imapflow's words when none of the server's mechanisms fits the kind of secret there is (2.10.2). */
const UNSUPPORTED_SASL = 'Unsupported authentication mechanism';

function mechanismError({ auth }: ImapAccountOptions, make: Make): MxodusError {
  const wanted = auth.method === 'xoauth2' ? 'XOAUTH2 or OAUTHBEARER' : 'PLAIN or LOGIN';
  return make('AUTH_FAILED', {
    what: `the server does not offer ${wanted}`,
    why: 'it takes other kinds of sign-in, or offers this one over TLS only',
    advice: 'check `auth` and `tls` of the server; nothing was changed',
  });
}

/** Microsoft 365 says so when it throttles (imapsync #411), and to an app without FullAccess on the mailbox; that is no bad password. */
const NOT_CONNECTED = /authenticated but not connected/i;

function signInError(failure: ImapFailure, { auth }: ImapAccountOptions, make: Make): MxodusError {
  const words = failure.responseText || failure.message;
  const hint = readSlowDown(words, failure.responseCode);
  if (hint !== null) {
    return busyError(hint, make, {
      what: `the server would not sign in now: "${words}"`,
      why: NOT_CONNECTED.test(words)
        ? 'it is throttled, or the app has no access to this mailbox (Add-MailboxPermission … -AccessRights FullAccess)'
        : 'too many connections, or it asks for a pause',
    });
  }
  const token = auth.method === 'xoauth2';
  return make('AUTH_FAILED', {
    what: `the server refused the sign-in: "${words}"`,
    why: token
      ? 'the token is expired, for another user or without the right to use IMAP, or the account may not use IMAP'
      : 'the user name or the password is wrong, or the account may not use IMAP',
    advice: token
      ? 'check that the token, or the app, may open this mailbox by IMAP; nothing was changed'
      : 'check the user and the secret of this mailbox; nothing was changed',
  });
}

const busyError = (hint: SlowDown, make: Make, details: { what: string; why: string }): MxodusError =>
  make('SERVER_BUSY', {
    ...details,
    advice:
      hint.kind === 'fewer-connections'
        ? 'lower `limits.connections_per_mailbox` of the server, then the same command'
        : 'the same command later; what is done is kept, nothing is sent twice',
    hint,
  });

function laterError(failure: ImapFailure, make: Make): MxodusError {
  if (TIMEOUT_CODES.has(failure.code)) {
    return make('SERVER_TIMEOUT', {
      what: `the server stopped answering (${failure.message})`,
      why: 'it is overloaded, or something on the way dropped the connection',
      advice: 'the same command later; what is done is kept',
    });
  }
  const lastWords = readSlowDown(failure.bye);
  if (lastWords !== null) {
    return busyError(lastWords, make, {
      what: `the server ended the connection: "${failure.bye}"`,
      why: 'too many connections, or it asks for a pause',
    });
  }
  if (LOST_CODES.has(failure.code)) {
    return make('CONNECTION_LOST', {
      what: `the connection ended (${failure.bye || failure.message})`,
      why: 'the server or something on the way closed it',
      advice: 'the same command again; what is done is kept, nothing is sent twice',
    });
  }
  if (failure.responseStatus !== '') return refusalError(failure, make);
  return make('SERVER_ANSWER', {
    what: `unexpected: ${failure.message}${failure.code === '' ? '' : ` (${failure.code})`}`,
    why: 'the server answered in a way mxodus does not understand',
    advice: 'the same command again; report it if it repeats',
  });
}

/** A large message is spilled to our own disk. */
const diskFull = (error: unknown): MxodusError =>
  new MxodusError('DISK_FULL', {
    what: 'the disk of the state folder is full',
    why: readFailure(error).message,
    advice: 'free some space, then the same command; what is done is kept',
    cause: error,
  });

function refusalError(failure: ImapFailure, make: Make): MxodusError {
  const words = `${failure.responseCode === '' ? '' : `[${failure.responseCode}] `}${failure.responseText}`;
  const hint = readSlowDown(words);
  if (hint !== null) {
    return busyError(hint, make, {
      what: `the server would not do it yet: "${words}"`,
      why: 'it is busy or limits this account',
    });
  }
  switch (failure.responseCode.toUpperCase()) {
    case 'SERVERBUG':
      return make('SERVER_BUSY', {
        what: `the server would not do it yet: "${words}"`,
        why: 'something went wrong inside it',
        advice: 'the same command later; what is done is kept',
      });
    case 'NOPERM':
      return make('PERMISSION_DENIED', {
        what: `the server refused: "${words}"`,
        why: 'the account has no right to do this',
        advice: 'give the account the right, or leave the folder out (`sync.folders.exclude`)',
      });
    default:
      return make('SERVER_ANSWER', {
        what: `the server refused a command: "${words}"`,
        why: 'see its words',
        advice: 'the same command again; report it if it repeats',
      });
  }
}

/** What every message under way gets when the connection that appends ends. */
export function sendingEnded({ kind, words, bye, cause }: Ending, options: ImapAccountOptions): MxodusError {
  const where = `${place(options)}, APPEND`;
  const what = `the connection ended while messages were sent (${bye ? `the server said: ${words}` : words})`;
  const make: Make = (code, details) => new MxodusError(code, { ...details, where, cause });
  const hint = bye ? readSlowDown(words) : null;
  if (hint !== null) return busyError(hint, make, { what, why: 'too many connections, or it asks for a pause' });
  const silent = kind === 'silent';
  return make(silent ? 'SERVER_TIMEOUT' : 'CONNECTION_LOST', {
    what,
    why: silent
      ? 'it is overloaded, or something on the way fell silent'
      : 'the server or something on the way closed it',
    advice: 'the same command again: messages without an answer are looked up first, nothing is sent twice',
  });
}

/** What went wrong with a command on an open connection. */
export function commandError(error: unknown, options: ImapAccountOptions, command: string): MxodusError {
  if (error instanceof MxodusError) return error;
  if (readFailure(error).code === 'ENOSPC') return diskFull(error);
  const where = `${place(options)}, ${command}`;
  return laterError(readFailure(error), (code, details) => new MxodusError(code, { ...details, where, cause: error }));
}
