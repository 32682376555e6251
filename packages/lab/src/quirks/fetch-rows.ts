import { defineQuirk, type LiteralEdit, type Occasions, occasions, type Quirk, type ServerResponse } from './quirk.ts';
import { uidOfRow } from './wire-text.ts';

export interface RowChoice extends Occasions {
  /** Of these messages only; the row must give its UID before any literal. Default: of all. */
  uids?: readonly number[];
  /** In this folder only. */
  folder?: string;
  /** Of commands the text of which matches: /BODY/ for what is fetched, /FLAGS/ for what is listed. Default: any FETCH. */
  on?: RegExp;
}

function chooser({ uids, folder, on = /^(?:UID )?FETCH/i, ...when }: RowChoice) {
  const due = occasions(when);
  return ({ kind, command, text }: ServerResponse): boolean => {
    if (kind !== 'untagged' || command === null || !on.test(command.text) || !/^\* \d+ FETCH \(/.test(text))
      return false;
    if (folder !== undefined && command.selected !== folder) return false;
    if (uids && !uids.includes(uidOfRow(text) ?? 0)) return false;
    return due();
  };
}

/** The row never comes, and the command ends in OK. */
export function dropsRows(choice: RowChoice = {}): Quirk {
  const chosen = chooser(choice);
  return defineQuirk('FETCH rows dropped', (hit) => ({
    onResponse: (response) => {
      if (!chosen(response)) return undefined;
      hit();
      return 'drop';
    },
  }));
}

/** @param size of the real one; null: NIL. */
export function wrongSizes(size: (real: number) => number | null, choice: RowChoice = {}): Quirk {
  const chosen = chooser(choice);
  return defineQuirk('wrong RFC822.SIZE', (hit) => ({
    onResponse: (response) => {
      if (!/RFC822\.SIZE \d/.test(response.text) || !chosen(response)) return undefined;
      hit();
      response.text = response.text.replace(
        /RFC822\.SIZE (\d+)/,
        (_, real: string) => `RFC822.SIZE ${size(Number(real)) ?? 'NIL'}`,
      );
      return undefined;
    },
  }));
}

/** What becomes of a row. */
export type Malformation =
  /** Its last parenthesis is missing. */
  | 'unbalanced'
  /** IceWarp (2026-11): 30-Dec-1899, a date without time. */
  | 'date-1899'
  | 'date-nil'
  | 'body-nil'
  | 'body-empty'
  /** A literal of half the bytes, announced as that. */
  | 'body-short'
  /** The connection is reset in the middle of the literal. */
  | 'body-broken-off'
  /** A quoted string. Only for a body without line ends is that IMAP. */
  | 'body-quoted';

export function malformsRows(kind: Malformation, choice: RowChoice = {}): Quirk {
  const chosen = chooser(choice);
  return defineQuirk(`malformed rows: ${kind}`, (hit) => ({
    onResponse: (response) => {
      if (!applies(kind, response) || !chosen(response)) return undefined;
      hit();
      MALFORM[kind](response);
      return undefined;
    },
  }));
}

const applies = (kind: Malformation, { text, literal }: ServerResponse): boolean => {
  if (kind.startsWith('body')) return literal !== null && /BODY\[\](?:<\d+>)? $/.test(text);
  return kind === 'unbalanced' || /INTERNALDATE "/.test(text);
};

const withDate = (value: string) => (response: ServerResponse) => {
  response.text = response.text.replace(/INTERNALDATE "[^"]*"/, `INTERNALDATE ${value}`);
};
const withBody = (edit: (length: number) => LiteralEdit) => (response: ServerResponse) => {
  if (response.literal) response.literal.edit = edit(response.literal.length);
};
const unbalanced = (text: string): string => text.replace(/\)$/, '');

const MALFORM: Readonly<Record<Malformation, (response: ServerResponse) => void>> = {
  unbalanced: (response) => {
    if (response.literal) response.editRest = unbalanced;
    else response.text = unbalanced(response.text);
  },
  'date-1899': withDate('"30-Dec-1899"'),
  'date-nil': withDate('NIL'),
  'body-nil': withBody(() => ({ kind: 'instead', text: 'NIL' })),
  'body-empty': withBody(() => ({ kind: 'first', bytes: 0 })),
  'body-short': withBody((length) => ({ kind: 'first', bytes: Math.floor(length / 2) })),
  'body-broken-off': withBody((length) => ({ kind: 'broken off', bytes: Math.floor(length / 2) })),
  'body-quoted': withBody(() => ({ kind: 'quoted' })),
};
