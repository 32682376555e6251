import type { Random } from './random.ts';

export interface FolderPlan {
  name: string;
  weight: number;
}

const PLAIN = ['INBOX', 'Sent', 'Drafts', 'Trash', 'Junk', 'Archive'];

const ODD = [
  'Archive/2019/Q1 & Q2',
  'R&D',
  'Projects/Müller & Söhne/Angebote',
  '日本語/受信',
  'Привет мир',
  'Emoji 🚀/家族👨‍👩‍👧',
  'With  two spaces',
  'Percent 100% done',
  'Star*less',
  'Quote "and" back\\slash',
  'Ghost parent/Only child',
  'inbox-like/INBOX',
  'Deep/1/2/3/4/5/6/7',
  'Empty',
  'Tilde ~ here',
  'Cafe\u0301',
  'Caf\u00e9',
  'x'.repeat(100),
  'Name-with-&-and-&AOk-literal',
  '(parens) {braces} [brackets]',
  'case',
  'CASE',
  'Sent Items',
  'עברית',
  "O'Neil, Inc",
];

// Maildir++ has the dot as its own separator on disk.
const DOTTED = ['v1.2 release', 'Dots/a.b.c'];

/** Every mailbox of a hostile seed has this folder, with nothing in it. */
export const EMPTY_FOLDER = 'Empty';

export const KEYWORDS = [
  '$Forwarded',
  '$MDNSent',
  '$Junk',
  '$NotJunk',
  'NonJunk',
  '$Label1',
  '$Label2',
  'Important',
  'Work',
  '$Phishing',
];

export interface FolderOptions {
  hostile: boolean;
  dots: boolean;
  /** How many in all; undefined: as many as have a name of their own. */
  count: number | undefined;
}

/** The folders of a test mailbox: INBOX and the special-use ones first, then the odd names, then numbered ones. */
export function testFolders(random: Random, { hostile, dots, count }: FolderOptions): FolderPlan[] {
  const names = [...PLAIN, ...(hostile ? [...(dots ? DOTTED : []), ...ODD] : [])];
  for (let number = 1; count !== undefined && names.length < count; number++) {
    names.push(
      `Customers/${String(Math.floor(number / 10)).padStart(3, '0')}/${random.pick(['north', 'south', 'east'])} ${number}`,
    );
  }
  return names.slice(0, count ?? names.length).map((name, at) => ({ name, weight: weightOf(name, at) }));
}

function weightOf(name: string, at: number): number {
  if (name === EMPTY_FOLDER) return 0;
  if (name === 'INBOX') return 8;
  return name === 'Sent' || name === 'Archive' ? 5 : 4 / (at + 1) + 0.3;
}
