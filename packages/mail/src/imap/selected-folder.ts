import type { FetchRow } from './fetch-row.ts';
import { readResponseCode, type Untagged } from './untagged.ts';
import type { Listener, TaggedAnswer } from './wire.ts';

/** What QRESYNC (RFC 7162) adds to the answer. */
export interface FolderNews {
  row(row: FetchRow): boolean;
  malformed(response: string): void;
  untagged(response: Untagged): boolean;
  /** The folder that was open before is closed only now: what came so far was about that one. */
  forget(): void;
}

/** What SELECT or EXAMINE tells about a folder (RFC 9051 6.3.2). */
export class SelectedFolder implements Listener {
  readonly path: string;
  readonly writable: boolean;
  /**
   *   opening --OK--> open
   *   opening --NO, BAD, connection lost--> refused
   */
  state: 'opening' | 'open' | 'refused' = 'opening';
  /** 0: not told. */
  uidValidity = 0;
  /** null: not told. */
  uidNext: number | null = null;
  exists = 0;
  /** null: not told, or NOMODSEQ (RFC 7162). */
  highestModseq: string | null = null;
  /** null: not told. */
  permanentFlags: readonly string[] | null = null;
  /** Resolves when it is open; rejects with what was answered. */
  opened: Promise<unknown> = Promise.resolve();
  readonly #news: FolderNews | undefined;

  constructor(path: string, writable: boolean, news?: FolderNews) {
    this.path = path;
    this.writable = writable;
    this.#news = news;
  }

  row(row: FetchRow): boolean {
    return this.#news?.row(row) ?? false;
  }

  untagged(response: Untagged): boolean {
    const { name, number, cursor } = response;
    switch (name) {
      case 'EXISTS':
        this.exists = number ?? 0;
        return true;
      case 'RECENT':
      case 'FLAGS':
        return true;
      case 'OK':
        this.#code(cursor.rest());
        return true;
      default:
        return this.#news?.untagged(response) ?? false;
    }
  }

  malformed(response: string): void {
    this.#news?.malformed(response);
  }

  answered({ status }: TaggedAnswer): void {
    this.state = status === 'OK' ? 'open' : 'refused';
  }

  #code(text: string): void {
    const { name, argument } = readResponseCode(text);
    switch (name) {
      case 'UIDVALIDITY':
        this.uidValidity = Number(argument) || 0;
        break;
      case 'UIDNEXT':
        this.uidNext = Number(argument) || null;
        break;
      case 'HIGHESTMODSEQ':
        this.highestModseq = /^\d+$/.test(argument) && argument !== '0' ? argument : null;
        break;
      case 'NOMODSEQ':
        this.highestModseq = null;
        break;
      case 'PERMANENTFLAGS':
        this.permanentFlags = argument
          .replace(/^\(|\)$/g, '')
          .split(' ')
          .filter((flag) => flag !== '');
        break;
      case 'CLOSED':
        this.#news?.forget();
        break;
      default:
    }
  }
}
