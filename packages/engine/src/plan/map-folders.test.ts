import type { Folder, FolderRole, NamespaceShape } from '@mxodus/model';
import { describe, expect, test } from 'vitest';
import { destinationFor } from './destination-for.ts';
import { levelsOf } from './folder-names.ts';
import { type FoldersToMap, mapFolders, namesToMake } from './map-folders.ts';

const SLASH: NamespaceShape = { prefix: '', separator: '/' };
const DOT: NamespaceShape = { prefix: '', separator: '.' };
const COURIER: NamespaceShape = { prefix: 'INBOX.', separator: '.' };

interface Case {
  from?: NamespaceShape;
  to?: NamespaceShape;
  /** `Sent:sent` has a role, `Parent!` cannot be selected. */
  source: string[];
  destination?: string[];
  exclude?: string[];
  map?: Record<string, string>;
  foldsCase?: boolean;
  refused?: Record<string, string>;
  fixed?: Record<string, string>;
}

const status = { messages: 1, uidNext: 2, uidValidity: 3, highestModseq: null, bytes: null };

function folder(text: string, namespace: NamespaceShape): Folder {
  const selectable = !text.endsWith('!');
  const [path = '', role] = text.replace(/!$/, '').split(':') as [string, FolderRole | undefined];
  const levels = levelsOf(path, namespace);
  return { path, levels, role: role ?? null, subscribed: true, status: selectable ? status : null };
}

function input(given: Case): FoldersToMap {
  const [from, to] = [given.from ?? SLASH, given.to ?? SLASH];
  return {
    source: given.source.map((text) => folder(text, from)),
    sourceNamespace: from,
    destination: (given.destination ?? ['INBOX']).map((text) => folder(text, to)),
    destinationNamespace: to,
    rules: { exclude: given.exclude ?? [], map: given.map ?? {} },
    foldsCase: given.foldsCase ?? false,
    refused: new Map(Object.entries(given.refused ?? {})),
    fixed: new Map(Object.entries(given.fixed ?? {})),
  };
}

const mapped = (given: Case): Record<string, string> =>
  Object.fromEntries(mapFolders(input(given)).map((m) => [m.source, m.excluded ? '(excluded)' : m.destination]));

const cases: [string, Case, Record<string, string>][] = [
  [
    'Exchange: a "/" of a name is no level, names that differ by case are two, reserved ones get another name',
    {
      from: DOT,
      to: SLASH,
      foldsCase: true,
      source: ['INBOX', 'a/b', 'a_b', 'Foo', 'foo', 'Calendar', 'Calendar.below', 'Gesendet:sent', ' x '],
      destination: ['INBOX', 'Gesendete Elemente:sent'],
      refused: { Calendar: "it is Exchange's own", ' x ': 'blanks' },
    },
    {
      INBOX: 'INBOX',
      'a/b': 'a_b (2)',
      a_b: 'a_b',
      Foo: 'Foo',
      foo: 'foo (2)',
      Calendar: 'Calendar_2',
      'Calendar.below': 'Calendar_2/below',
      Gesendet: 'Gesendete Elemente',
      ' x ': 'x',
    },
  ],
  ['INBOX stays INBOX whatever its case', { source: ['Inbox'] }, { Inbox: 'INBOX' }],
  [
    'INBOX is case-insensitive at the first level only',
    { source: ['INBOX', 'Inbox/a', 'b/inbox', 'b/INBOX'] },
    { INBOX: 'INBOX', 'Inbox/a': 'INBOX/a', 'b/inbox': 'b/inbox', 'b/INBOX': 'b/INBOX' },
  ],
  [
    'levels are joined by the separator and prefix of the destination',
    { to: COURIER, source: ['INBOX', 'a', 'a/b/c'] },
    { INBOX: 'INBOX', a: 'INBOX.a', 'a/b/c': 'INBOX.a.b.c' },
  ],
  [
    'the prefix of the source is dropped',
    { from: COURIER, source: ['INBOX', 'INBOX.a', 'INBOX.a.b'] },
    { INBOX: 'INBOX', 'INBOX.a': 'a', 'INBOX.a.b': 'a/b' },
  ],
  [
    'a folder below INBOX lies beside it where all folders are below INBOX',
    { to: COURIER, source: ['INBOX', 'INBOX/a', 'b'] },
    { INBOX: 'INBOX', 'INBOX/a': 'INBOX.a', b: 'INBOX.b' },
  ],
  [
    'a folder named INBOX below the prefix is not INBOX',
    { from: COURIER, source: ['INBOX', 'INBOX.INBOX', 'INBOX.inbox'] },
    { INBOX: 'INBOX', 'INBOX.INBOX': 'INBOX (2)', 'INBOX.inbox': 'inbox (2)' },
  ],
  [
    "the destination's separator inside a name becomes _ and no level",
    { to: DOT, source: ['a.b', 'a.b/c.d'] },
    { 'a.b': 'a_b', 'a.b/c.d': 'a_b.c_d' },
  ],
  [
    'a folder that keeps its name wins over one that cannot',
    { to: DOT, source: ['a.b', 'a_b'] },
    { 'a.b': 'a_b (2)', a_b: 'a_b' },
  ],
  [
    'control characters become _',
    { source: ['tab\there', 'bell\x07'] },
    { 'tab\there': 'tab_here', 'bell\x07': 'bell_' },
  ],
  [
    'a role goes to the folder of that role, with what is below',
    { source: ['Sent Items:sent', 'Sent Items/2019'], destination: ['INBOX', 'Sent:sent'] },
    { 'Sent Items': 'Sent', 'Sent Items/2019': 'Sent/2019' },
  ],
  [
    'a role the destination does not know keeps its name',
    { source: ['Deleted:trash'], destination: ['INBOX', 'Sent:sent'] },
    { Deleted: 'Deleted' },
  ],
  [
    'of two folders with one role the namesake gets it and the other keeps its name',
    { source: ['Sent Items:sent', 'Sent:sent'], destination: ['Sent:sent'] },
    { 'Sent Items': 'Sent Items', Sent: 'Sent' },
  ],
  [
    'two folders of one role at both ends go to their namesakes',
    { source: ['Sent Messages:sent', 'Sent:sent'], destination: ['Sent:sent', 'Sent Messages:sent'] },
    { 'Sent Messages': 'Sent Messages', Sent: 'Sent' },
  ],
  [
    'a plain folder with the name a role took gets a number',
    { source: ['Gesendet:sent', 'Sent'], destination: ['Sent:sent'] },
    { Gesendet: 'Sent', Sent: 'Sent (2)' },
  ],
  [
    'the config comes before roles and takes children along',
    { source: ['Sent Items:sent', 'Sent Items/a'], destination: ['Sent:sent'], map: { 'Sent Items': 'Old/Sent' } },
    { 'Sent Items': 'Old/Sent', 'Sent Items/a': 'Old/Sent/a' },
  ],
  [
    "the config may name a folder by the source's own path",
    { from: COURIER, source: ['INBOX.Sent Items'], map: { 'INBOX.Sent Items': 'Sent' } },
    { 'INBOX.Sent Items': 'Sent' },
  ],
  [
    'the config joins levels by the separator of the destination',
    { to: COURIER, source: ['x'], map: { x: 'Old/x' } },
    { x: 'INBOX.Old.x' },
  ],
  [
    'two folders mapped to one by the config do not share it',
    { source: ['a', 'b'], map: { a: 'c', b: 'c' } },
    { a: 'c', b: 'c (2)' },
  ],
  [
    'a folder the config maps does not push away one that has the name',
    { source: ['Sent Items', 'Sent', 'Sent/a'], map: { 'Sent Items': 'Sent' } },
    { 'Sent Items': 'Sent (2)', Sent: 'Sent', 'Sent/a': 'Sent/a' },
  ],
  [
    'unless the config moves that one too',
    { source: ['a', 'b', 'b/c', 'd'], map: { a: 'b', b: 'a', d: 'b/c' } },
    { a: 'b', b: 'a', 'b/c': 'a/c', d: 'b/c' },
  ],
  [
    'no folder is mapped into INBOX beside INBOX itself',
    { source: ['INBOX', 'Old inbox'], map: { 'Old inbox': 'INBOX' } },
    { INBOX: 'INBOX', 'Old inbox': 'INBOX (2)' },
  ],
  [
    'INBOX goes elsewhere where the config says so',
    { source: ['INBOX'], map: { inbox: 'Archive/Old' } },
    { INBOX: 'Archive/Old' },
  ],
  [
    'an excluded folder takes all below with it, and no namesake elsewhere',
    { source: ['Trash', 'Trash/a', 'Trash 2', 'b/Trash'], exclude: ['Trash'] },
    { Trash: '(excluded)', 'Trash/a': '(excluded)', 'Trash 2': 'Trash 2', 'b/Trash': 'b/Trash' },
  ],
  [
    'exclude works below a parent that is not listed',
    { from: COURIER, source: ['INBOX.Junk.a'], exclude: ['Junk'] },
    { 'INBOX.Junk.a': '(excluded)' },
  ],
  [
    'exclude takes no name away from a folder that is moved',
    { source: ['A', 'a'], exclude: ['A'], foldsCase: true },
    { A: '(excluded)', a: 'a' },
  ],
  [
    'a parent that cannot be selected is no folder to copy',
    { source: ['p!', 'p/a', 'q/r/s'] },
    { 'p/a': 'p/a', 'q/r/s': 'q/r/s' },
  ],
  ['names that differ by case stay two folders', { source: ['case', 'CASE'] }, { CASE: 'CASE', case: 'case' }],
  [
    'where case is folded the second gets a number, and what is below goes with it',
    { source: ['case', 'CASE', 'case/a', 'CASE/a', 'Case'], foldsCase: true },
    { CASE: 'CASE', Case: 'Case (2)', case: 'case (3)', 'CASE/a': 'CASE/a', 'case/a': 'case (3)/a' },
  ],
  [
    'NFC and NFD of a name are one where the destination folds',
    { source: ['\u00fc', 'u\u0308'], foldsCase: true },
    { 'u\u0308': 'u\u0308', '\u00fc': '\u00fc (2)' },
  ],
  [
    'NFC and NFD of a name are two where it does not',
    { source: ['\u00fc', 'u\u0308'] },
    { '\u00fc': '\u00fc', 'u\u0308': 'u\u0308' },
  ],
  [
    'where case is folded a folder that is there keeps its spelling',
    { source: ['projects', 'projects/x'], destination: ['INBOX', 'Projects'], foldsCase: true },
    { projects: 'Projects', 'projects/x': 'Projects/x' },
  ],
  [
    'a folder of the destination is no collision: a second plan is the first',
    { to: DOT, source: ['a.b', 'A'], destination: ['INBOX', 'a_b', 'A'] },
    { 'a.b': 'a_b', A: 'A' },
  ],
  [
    'a refused name is tried again with other characters, also above its children',
    { source: ['a.b', 'a.b/c'], refused: { 'a.b': "Character not allowed: '.'" } },
    { 'a.b': 'a_b', 'a.b/c': 'a_b/c' },
  ],
  [
    'a refused name with no dot in it keeps what letters it has',
    { source: ['R&D #1'], refused: { 'R&D #1': 'no' } },
    { 'R&D #1': 'R_D _1' },
  ],
  [
    'a name that is too long is cut, and letters of other scripts stay',
    { source: ['日'.repeat(100)], refused: { ['日'.repeat(100)]: 'too long' } },
    { ['日'.repeat(100)]: '日'.repeat(60) },
  ],
  [
    'two long names cut to the same stay two',
    {
      source: [`${'x'.repeat(90)}1`, `${'x'.repeat(90)}2`],
      refused: { [`${'x'.repeat(90)}1`]: 'too long', [`${'x'.repeat(90)}2`]: 'too long' },
    },
    { [`${'x'.repeat(90)}1`]: 'x'.repeat(60), [`${'x'.repeat(90)}2`]: `${'x'.repeat(60)} (2)` },
  ],
  [
    'a number the destination refuses is written another way',
    { source: ['A', 'a'], foldsCase: true, refused: { 'a (2)': 'no brackets' } },
    { A: 'A', a: 'a_2' },
  ],
  [
    'spaces at the ends go only when they are refused',
    { source: [' lead', 'trail '], refused: { 'trail ': 'no' } },
    { ' lead': ' lead', 'trail ': 'trail' },
  ],
  [
    'a flat server gets one level',
    { to: { prefix: '', separator: null }, source: ['a/b', 'a_b'] },
    { 'a/b': 'a_b (2)', a_b: 'a_b' },
  ],
  ['empty levels become _', { source: ['a//b'] }, { 'a//b': 'a/_/b' }],
  [
    'what was decided before stays, and a newcomer goes round it',
    { source: ['case', 'CASE'], foldsCase: true, fixed: { case: 'case' } },
    { case: 'case', CASE: 'CASE (2)' },
  ],
  [
    'a newcomer follows a parent that was renamed',
    { to: DOT, source: ['a.b', 'a.b/new'], fixed: { 'a.b': 'Other' } },
    { 'a.b': 'Other', 'a.b/new': 'Other.new' },
  ],
];

describe('mapFolders', () => {
  test.each(cases)('%s', (_name, given, expected) => {
    expect(mapped(given)).toEqual(expected);
  });

  test('never gives two source folders the same place', () => {
    const marks = ['a', 'A', '.', '_', '/', ' ', '(2)', 'ü'];
    const source = marks.flatMap((x) => marks.flatMap((y) => marks.map((z) => `p${x}${y}${z}q`)));
    const unique = [...new Set(source)];
    for (const to of [SLASH, DOT, COURIER, { prefix: '', separator: null }]) {
      for (const foldsCase of [false, true]) {
        const places = mapFolders(input({ source: unique, to, foldsCase })).map(({ destination }) =>
          foldsCase ? destination.toLowerCase() : destination,
        );
        expect(new Set(places).size).toBe(unique.length);
      }
    }
  });

  test('does not hang on the order the server lists its folders in', () => {
    const source = ['case', 'CASE', 'a.b', 'a_b', 'Sent Items:sent', 'case/x', 'CASE/x'];
    const given = { to: DOT, source, destination: ['Sent:sent'], foldsCase: true };
    expect(mapped({ ...given, source: [...source].reverse() })).toEqual(mapped(given));
  });

  test.each<[string, Case, string | null]>([
    ['config', { source: ['x'], map: { x: 'y' } }, 'the config says so (sync.folders.map)'],
    [
      'role',
      { source: ['x:sent'], destination: ['Sent:sent'] },
      'it is the destination\'s folder for "sent" (RFC 6154)',
    ],
    ['character', { source: ['x.y'], to: DOT }, '"." separates levels at the destination'],
    ['collision', { source: ['A', 'a'], foldsCase: true }, '"A" has that name at the destination'],
    [
      'refused',
      { source: ['x'.repeat(99)], refused: { ['x'.repeat(99)]: 'too long' } },
      'the destination refuses the name: too long',
    ],
    ['parent', { source: ['x:sent', 'x/y'], destination: ['Sent:sent'] }, 'it is below "Sent"'],
    ['character', { source: ['x.y!', 'x.y/z'], to: DOT }, '"." separates levels at the destination'],
    [null as never, { source: ['x'], map: { x: 'x' } }, null],
  ])('says why a folder has another name: %s', (cause, given, renamed) => {
    const last = mapFolders(input(given)).at(-1);
    expect(last).toMatchObject({ cause, renamed });
  });

  test('says so when the destination refuses every name', () => {
    const [only] = mapFolders(input({ source: ['x'], refused: { x: 'no folders here', x_2: 'no folders here' } }));
    expect(only).toMatchObject({ unplaced: 'no folders here' });
  });
});

test('a level that is no folder is a name to make, and gets another when it is refused', () => {
  const source = ['a.b!', 'a.b/c', 'd/e'];
  expect(namesToMake(input({ source }))).toEqual(['a.b', 'd', 'a.b/c', 'd/e']);
  const refused = { 'a.b': 'no dots', 'a.b/c': 'no dots' };
  expect(mapped({ source, refused })).toEqual({ 'a.b/c': 'a_b/c', 'd/e': 'd/e' });
});

test('destinationFor gives the place of one folder that came after the plan', () => {
  const after = { ...input({ source: ['a', 'A'], foldsCase: true }), fixed: new Map([['a', 'a']]) };
  expect(destinationFor('A', after)?.destination).toBe('A (2)');
  expect(destinationFor('gone', after)).toBeUndefined();
});
