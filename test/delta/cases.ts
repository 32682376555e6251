import { type Act, add, copy, deleteFolder, flag, makeFolder, move, remove, renameFolder, unflag } from './play.ts';

/** What people did between two passes, and what the destination must hold after the second. */
export interface Case {
  name: string;
  /** At the source, before the first pass; default: one message "m" in INBOX, one "other" in Work. */
  before?: readonly Act[];
  source?: readonly Act[];
  destination?: readonly Act[];
  expect: Readonly<Record<string, readonly string[]>>;
}

export const BEFORE: readonly Act[] = [makeFolder('Work'), add('m'), add('other', 'Work')];

const REST = { Work: ['other'] };

export const FLAGS: readonly Case[] = [
  { name: 'nothing', expect: { INBOX: ['m'], ...REST } },
  { name: 'set at the source', source: [flag('m', '\\Seen')], expect: { INBOX: ['m \\Seen'], ...REST } },
  {
    name: 'cleared at the source',
    before: [makeFolder('Work'), add('m', 'INBOX', '\\Seen \\Flagged'), add('other', 'Work')],
    source: [unflag('m', '\\Seen')],
    expect: { INBOX: ['m \\Flagged'], ...REST },
  },
  { name: 'set at the destination', destination: [flag('m', '\\Seen')], expect: { INBOX: ['m \\Seen'], ...REST } },
  {
    name: 'cleared at the destination',
    before: [makeFolder('Work'), add('m', 'INBOX', '\\Seen'), add('other', 'Work')],
    destination: [unflag('m', '\\Seen')],
    expect: { INBOX: ['m'], ...REST },
  },
  {
    name: 'different ones at both ends',
    source: [flag('m', '\\Flagged')],
    destination: [flag('m', '\\Seen')],
    expect: { INBOX: ['m \\Flagged \\Seen'], ...REST },
  },
  {
    name: 'cleared at the destination, another set at the source',
    before: [makeFolder('Work'), add('m', 'INBOX', '\\Seen'), add('other', 'Work')],
    source: [flag('m', '\\Answered')],
    destination: [unflag('m', '\\Seen')],
    expect: { INBOX: ['m \\Answered'], ...REST },
  },
  {
    name: 'a keyword set at the source, another at the destination',
    source: [flag('m', 'work')],
    destination: [flag('m', 'home')],
    expect: { INBOX: ['m home work'], ...REST },
  },
  {
    name: 'the same at both ends',
    source: [flag('m', '\\Seen')],
    destination: [flag('m', '\\Seen')],
    expect: { INBOX: ['m \\Seen'], ...REST },
  },
];

export const MOVES: readonly Case[] = [
  { name: 'moved at the source', source: [move('m', 'Work')], expect: { Work: ['m', 'other'] } },
  {
    name: 'moved at the source into a new folder',
    source: [makeFolder('New'), move('m', 'New')],
    expect: { New: ['m'], ...REST },
  },
  {
    name: 'moved and flagged at the source',
    source: [flag('m', '\\Flagged'), move('m', 'Work')],
    expect: { Work: ['m \\Flagged', 'other'] },
  },
  {
    name: 'moved at the source, read at the destination',
    source: [move('m', 'Work')],
    destination: [flag('m', '\\Seen')],
    expect: { Work: ['m \\Seen', 'other'] },
  },
  {
    name: 'moved at the source there and back',
    source: [move('m', 'Work'), move('m', 'INBOX', 'Work')],
    expect: { INBOX: ['m'], ...REST },
  },
  {
    name: 'moved at the source, deleted at the destination',
    source: [move('m', 'Work')],
    destination: [remove('m')],
    expect: REST,
  },
  {
    name: 'moved at the source, moved elsewhere at the destination',
    source: [move('m', 'Work')],
    destination: [makeFolder('Mine'), move('m', 'Mine')],
    expect: { Mine: ['m'], ...REST },
  },
  {
    name: 'moved at the destination',
    destination: [makeFolder('Mine'), move('m', 'Mine')],
    expect: { Mine: ['m'], ...REST },
  },
  {
    name: 'moved at the destination, flagged at the source',
    source: [flag('m', '\\Flagged')],
    destination: [makeFolder('Mine'), move('m', 'Mine')],
    expect: { Mine: ['m'], ...REST },
  },
  {
    name: 'copied at the source',
    source: [copy('m', 'Work')],
    expect: { INBOX: ['m'], Work: ['m', 'other'] },
  },
  {
    name: 'one of two equal messages moved at the source',
    before: [makeFolder('Work'), add('m'), add('m'), add('other', 'Work')],
    source: [move('m', 'Work')],
    expect: { INBOX: ['m'], Work: ['m', 'other'] },
  },
  {
    name: 'a folder renamed at the source',
    source: [renameFolder('Work', 'Attic')],
    expect: { INBOX: ['m'], Attic: ['other'] },
  },
  {
    name: 'a folder deleted at the destination stays deleted',
    destination: [deleteFolder('Work')],
    expect: { INBOX: ['m'] },
  },
  {
    name: 'a folder deleted at the destination comes back for new mail only',
    source: [add('new', 'Work')],
    destination: [deleteFolder('Work')],
    expect: { INBOX: ['m'], Work: ['new'] },
  },
  {
    name: "the user's own mail at the destination",
    source: [add('new')],
    destination: [add('own')],
    expect: { INBOX: ['m', 'new', 'own'], ...REST },
  },
  {
    name: 'brought to the destination by hand before the pass could',
    source: [add('new')],
    destination: [add('new')],
    expect: { INBOX: ['m', 'new'], ...REST },
  },
];

const deletes = (expected: { deleted: Case['expect']; both: Case['expect'] }): Case[] => [
  { name: 'deleted at the source', source: [remove('m')], expect: expected.deleted },
  {
    name: 'deleted at the source, moved at the destination',
    source: [remove('m')],
    destination: [makeFolder('Mine'), move('m', 'Mine')],
    expect: { Mine: ['m'], ...REST },
  },
  { name: 'deleted at both ends', source: [remove('m')], destination: [remove('m')], expect: REST },
  { name: 'deleted at the destination', destination: [remove('m')], expect: REST },
  {
    name: 'one of two equal messages deleted at the source',
    before: [makeFolder('Work'), add('m'), add('m'), add('other', 'Work')],
    source: [remove('m')],
    expect: expected.both,
  },
];

export const DELETES: Readonly<Record<'keep' | 'trash' | 'mirror', readonly Case[]>> = {
  keep: deletes({ deleted: { INBOX: ['m'], ...REST }, both: { INBOX: ['m', 'm'], ...REST } }),
  trash: deletes({
    deleted: { Trash: ['m'], ...REST },
    both: { INBOX: ['m'], Trash: ['m'], ...REST },
  }),
  mirror: [
    ...deletes({ deleted: REST, both: { INBOX: ['m'], ...REST } }),
    {
      name: 'a folder deleted at the source',
      source: [deleteFolder('Work')],
      expect: { INBOX: ['m'] },
    },
  ],
};
