import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type LateMail, lateMailSchema, MxodusError } from '@mxodus/model';

/**
 * The late-mail ledger: one JSON line a message, only added to. A last line without its newline was torn by a crash, and dropped by the
 * next one who adds: what it told is still in the ledger of messages. Only one process may add; the caller holds the lock.
 */
export class LateMailFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async rows(): Promise<LateMail[]> {
    return (await this.#read()).rows;
  }

  async add(rows: readonly LateMail[]): Promise<void> {
    if (rows.length === 0) return;
    const { goodBytes, torn } = await this.#read();
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      if (torn) await truncate(this.#path, goodBytes);
      const file = await open(this.#path, 'a', 0o600);
      try {
        await file.appendFile(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw new MxodusError(codeOf(cause) === 'ENOSPC' ? 'DISK_FULL' : 'STATE_UNWRITABLE', {
        what: 'the late-mail ledger cannot be written',
        why: textOf(cause),
        advice: 'repair that; what is missing in it is added then',
        where: this.#path,
        cause,
      });
    }
  }

  async #read(): Promise<{ rows: LateMail[]; goodBytes: number; torn: boolean }> {
    const text = await this.#text();
    const good = text.slice(0, text.lastIndexOf('\n') + 1);
    const rows = good
      .split('\n')
      .slice(0, -1)
      .map((line, index) => this.#row(line, index + 1));
    return { rows, goodBytes: Buffer.byteLength(good), torn: good.length < text.length };
  }

  #row(line: string, number: number): LateMail {
    try {
      return lateMailSchema.parse(JSON.parse(line));
    } catch (cause) {
      throw this.#corrupt(`line ${number} is no line of it`, cause);
    }
  }

  async #text(): Promise<string> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return '';
      throw this.#corrupt(textOf(cause), cause);
    }
  }

  #corrupt(why: string, cause: unknown): MxodusError {
    return new MxodusError('STATE_CORRUPT', {
      what: 'the late-mail ledger cannot be read',
      why,
      advice: 'move the file away: it is made anew from the ledger of messages',
      where: this.#path,
      cause,
    });
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
