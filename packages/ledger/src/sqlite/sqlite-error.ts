import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ErrorCode, MxodusError } from '@mxodus/model';

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const PERM = 3;
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

const TEXTS = {
  STATE_UNWRITABLE: [
    'cannot be opened for writing',
    'make the folder writable for this user, or run mxodus as its owner',
  ],
  DISK_FULL: ['cannot grow', 'free some space, then run the same command again: it goes on where it stopped'],
  STATE_CORRUPT: [
    'is not a readable mxodus ledger',
    'put back a copy of it; or move it away and run sync again: messages already there are found by looking, not sent twice',
  ],
  BUSY: ['is held by another process', 'wait for that process to end, then run the same command again'],
} as const satisfies Partial<Record<ErrorCode, readonly [string, string]>>;

/** What SQLite threw, as the trouble a user can do something about. Anything else is a bug and stays what it is. */
export function fromSqlite(error: unknown, path: string): unknown {
  const sqlite = resultCode(error);
  if (sqlite === null) return error;
  const code = codeFor(sqlite.code & 0xff, path);
  if (code === null) return error;
  const [what, advice] = TEXTS[code];
  return new MxodusError(code, {
    what: `the ledger ${path} ${what}`,
    why: `SQLite says: ${sqlite.message} (${sqlite.code})`,
    advice,
    cause: error,
  });
}

function resultCode(error: unknown): { code: number; message: string } | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return { code: error.errcode, message: error.message };
}

function codeFor(primary: number, path: string): keyof typeof TEXTS | null {
  switch (primary) {
    case FULL:
      return 'DISK_FULL';
    case BUSY:
      return 'BUSY';
    case CORRUPT:
    case NOTADB:
      return 'STATE_CORRUPT';
    case PERM:
    case READONLY:
    case CANTOPEN:
    case IOERR:
      return diskIsFull(path) ? 'DISK_FULL' : 'STATE_UNWRITABLE';
    default:
      return null;
  }
}

/** The -shm file of a full disk gives an I/O error instead of FULL. */
function diskIsFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < 64 * 1024;
  } catch {
    return false;
  }
}
