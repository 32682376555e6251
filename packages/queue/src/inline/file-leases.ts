import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Lease, type Leases, MxodusError } from '@mxodus/model';

/** SQLite's result codes for "somebody else holds the lock" and for a full disk. */
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/** Who holds a lease. */
export interface LeaseHolder {
  pid: number;
  host: string;
  /** RFC 3339 */
  since: string;
  command: string;
}

export interface LeaseFolder extends Leases {
  /** Without touching the lock. null: nobody does, as far as can be told. */
  holder(name: string): LeaseHolder | null;
}

/**
 * Leases of the processes of one machine. A lease is an open write transaction on `<folder>/<name>.lock`: the kernel's own lock, so it
 * ends with the process however that dies. `<name>.holder.json` beside it only says who holds it, for the error text.
 *
 * @param command what the holder does, for the error text of the others: never a secret
 */
export function fileLeases(folder: string, command: string): LeaseFolder {
  const baseOf = (name: string): string => join(folder, encodeURIComponent(name));
  return {
    holder: (name) => {
      const holder = readNote(`${baseOf(name)}.holder.json`);
      return holder !== null && isAlive(holder) ? holder : null;
    },
    acquire: async (name) => {
      const base = baseOf(name);
      const holder = `${base}.holder.json`;
      return orTrouble(folder, () => {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const lock = lockFile(`${base}.lock`);
        if (lock === null) throw busy(name, holder);
        try {
          note(holder, command);
        } catch (error) {
          lock.close();
          throw error;
        }
        return lease(lock, holder);
      });
    },
  };
}

/** null: another process, or another lease of this one, has it. */
function lockFile(path: string): DatabaseSync | null {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('begin immediate');
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return null;
    throw error;
  }
}

function lease(lock: DatabaseSync, holder: string): Lease {
  return {
    release: async () => {
      if (!lock.isOpen) return;
      rmSync(holder, { force: true });
      lock.close();
    },
  };
}

function note(holder: string, command: string): void {
  const text = JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString(), command });
  writeFileSync(`${holder}.new`, `${text}\n`, { mode: 0o600 });
  renameSync(`${holder}.new`, holder);
}

function busy(name: string, holder: string): MxodusError {
  return new MxodusError('BUSY', {
    what: `another mxodus works on "${name}"`,
    why: whoHolds(holder),
    advice:
      'wait for it to end, or stop it with Ctrl-C (it finishes what is in flight); then run the same command again',
  });
}

function whoHolds(path: string): string {
  const holder = readNote(path);
  // The holder has the lock and has not written its note yet, or just took it away.
  if (holder === null) return 'it has just started, or is just ending';
  const { pid, host, since, command } = holder;
  return `process ${pid} on ${host} runs "${command}" since ${since}`;
}

function readNote(path: string): LeaseHolder | null {
  try {
    return parseNote(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Not there, or torn: nobody is known.
    return null;
  }
}

function parseNote(note: Record<string, unknown>): LeaseHolder | null {
  const { pid, host, since, command } = note;
  if (typeof pid !== 'number' || typeof host !== 'string') return null;
  if (typeof since !== 'string' || typeof command !== 'string') return null;
  return { pid, host, since, command };
}

/** A note outlives a killed process. Of a process of another machine (a shared folder) nothing is known: it counts as alive. */
function isAlive({ pid, host }: LeaseHolder): boolean {
  if (host !== hostname()) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function orTrouble<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof MxodusError || !(error instanceof Error)) throw error;
    const full = Reflect.get(error, 'code') === 'ENOSPC' || Reflect.get(error, 'errcode') === SQLITE_FULL;
    throw new MxodusError(full ? 'DISK_FULL' : 'STATE_UNWRITABLE', {
      what: `the state folder ${folder} cannot be written`,
      why: error.message,
      advice: full ? 'free some space, then run the same command again' : 'make it a folder this user can write',
      cause: error,
    });
  }
}
