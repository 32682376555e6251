import { type ErrorCode, MxodusError } from '@mxodus/model';
import { wordsOf } from './answers.ts';
import type { GraphRefusal } from './graph.ts';
import type { HttpsFailure } from './https-pool.ts';

/** Trouble that is not the request's, as people read it. */

/** @param what `host` is the name that was connected to */
export function connectionTrouble(
  failure: HttpsFailure,
  { where, host }: { where: string; host: string },
): MxodusError {
  const make = (code: ErrorCode, what: string, why: string, advice: string): MxodusError =>
    new MxodusError(code, { what, why, advice, where });
  switch (failure.kind) {
    case 'certificate':
      return make(
        'TLS_CERTIFICATE',
        `the certificate of ${host} was not accepted: ${failure.message}`,
        'it is expired, made for another host, or signed by an authority this machine does not trust (a proxy that opens TLS has its own)',
        'check the address in the config; give the authority as `ca:` of the server where it is one of yours',
      );
    case 'tls':
      return make(
        'TLS_FAILED',
        `the TLS handshake with ${host} failed: ${failure.message}`,
        'the port does not speak TLS, or something on the way interferes',
        'check the address in the config, and what is between this machine and the internet',
      );
    case 'no-such-host':
    case 'unreachable':
      return make(
        'SERVER_UNREACHABLE',
        `no connection to ${host}: ${failure.message}`,
        'the name does not resolve, nothing listens there, or a firewall is in the way',
        'check the address in the config, and that this machine may reach it by https; then the same command',
      );
    case 'timeout':
      return make(
        'SERVER_TIMEOUT',
        `${host} stopped answering (${failure.message})`,
        'it is overloaded, or something on the way dropped the connection',
        'the same command later; what is done is kept',
      );
    case 'lost':
      return make(
        'CONNECTION_LOST',
        `the connection to ${host} ended (${failure.message})`,
        'the server or something on the way closed it',
        'the same command again; what is done is kept, nothing is sent twice',
      );
  }
}

/** Refused again and again as "not now". */
export function busyTrouble(refusal: GraphRefusal, where: string, pauseMs: number | null): MxodusError {
  const words = `${wordsOf(refusal)}${refusal.requestId === null ? '' : ` (request-id ${refusal.requestId})`}`;
  const silent = refusal.status === 504 || refusal.status === 408;
  return new MxodusError(silent ? 'SERVER_TIMEOUT' : 'SERVER_BUSY', {
    what: `the server would not do it yet: ${words}`,
    why:
      refusal.status === 429
        ? 'this app asks more of the mailbox than Microsoft allows'
        : 'something is wrong inside the service, or it is overloaded',
    advice: 'the same command later; what is done is kept, nothing is sent twice',
    where,
    hint: { scope: 'login', kind: 'pause', pauseMs, words },
  });
}

export function tokenTrouble(refusal: GraphRefusal, where: string): MxodusError {
  return new MxodusError('AUTH_FAILED', {
    what: `the access token was refused, and a new one too: ${wordsOf(refusal)}${refusal.requestId === null ? '' : ` (request-id ${refusal.requestId})`}`,
    why: 'the app was disabled or removed, a Conditional Access policy blocks it, or `graph_url` and `authority` are of two different clouds',
    advice:
      'check the app under Microsoft Entra admin center > Enterprise applications, and the two addresses in the config; nothing was changed',
    where,
  });
}

/** A server that does not keep to its own format. */
export function answerTrouble(what: string, where: string): MxodusError {
  return new MxodusError('SERVER_ANSWER', {
    what,
    why: 'the address is not that of Microsoft Graph, or something on the way changes what it answers',
    advice: 'check `graph_url` in the config; report it if it repeats',
    where,
  });
}
