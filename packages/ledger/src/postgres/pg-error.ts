import { MxodusError } from '@mxodus/model';

/** SQLSTATEs (PostgreSQL documentation, appendix A). */
const REFUSED = new Set(['28P01', '28000', '3D000', '42501']);
const DISK_FULL = '53100';
/** The transaction was rolled back: two wanted the same rows in another order. */
const ROLLED_BACK = new Set(['40001', '40P01']);
/** Shutting down, crashed, starting up, idle or still for too long, too many connections. */
const AWAY = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '53300']);
const AWAY_ON_THE_WAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** What pg 8.23 says without a code when a connection ends (2026-11). */
const ENDED =
  /^(Connection terminated|timeout (expired|exceeded)|Client has encountered a connection error|Query read timeout)/i;

/** What node:tls says of a certificate, and pg 8.23 without a code of a server that has no TLS (2026-11). */
const NO_TLS = /CERT|SIGNATURE|SELF_SIGNED|UNABLE_TO_VERIFY|^ERR_(TLS|SSL|OSSL)|^The server does not support SSL/;

/** What became of a transaction that threw. */
export type Trouble = 'away' | 'rolled-back' | 'other';

export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Error)) return 'other';
  const code = codeOf(error);
  if (code !== null && ROLLED_BACK.has(code)) return 'rolled-back';
  if (code !== null && (AWAY.has(code) || AWAY_ON_THE_WAY.has(code) || code.startsWith('08'))) return 'away';
  return code === null && ENDED.test(error.message) ? 'away' : 'other';
}

export function codeOf(error: unknown): string | null {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : null;
}

/** What PostgreSQL said, as the trouble a user can do something about. Anything else is a bug and stays what it is. */
export function fromPostgres(error: unknown): unknown {
  const code = codeOf(error);
  if (!(error instanceof Error) || error instanceof MxodusError) return error;
  if (troubleOf(error) !== 'other') {
    return new MxodusError('LEDGER_UNREACHABLE', {
      what: 'the PostgreSQL server of the ledger does not answer',
      why: error.message || (code ?? 'the connection could not be made'),
      advice: 'see that it runs and can be reached; what is done is kept, and the same command goes on',
      cause: error,
    });
  }
  if (code !== null && REFUSED.has(code)) {
    return new MxodusError('LEDGER_REFUSED', {
      what: 'the PostgreSQL server of the ledger refuses this user',
      why: error.message,
      advice: 'see `ledger.url`: user, password, database, and the right to make schemas in it',
      cause: error,
    });
  }
  if (NO_TLS.test(code ?? error.message)) {
    return new MxodusError('LEDGER_REFUSED', {
      what: 'no TLS connection to the PostgreSQL server of the ledger could be made',
      why: error.message,
      advice: 'see `ledger.url`: `sslmode=verify-full`, and `sslrootcert=FILE` where its authority is not a public one',
      cause: error,
    });
  }
  if (code === 'ENOENT' || code === 'EACCES') {
    return new MxodusError('LEDGER_REFUSED', {
      what: 'a file that `ledger.url` names cannot be read',
      why: error.message,
      advice: 'see its `sslrootcert`, `sslcert` and `sslkey`',
      cause: error,
    });
  }
  if (code === DISK_FULL) {
    return new MxodusError('DISK_FULL', {
      what: 'the disk of the PostgreSQL server is full',
      why: error.message,
      advice: 'free some space there; the same command goes on where it stopped',
      cause: error,
    });
  }
  return error;
}
