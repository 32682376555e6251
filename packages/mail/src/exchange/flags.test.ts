import { describe, expect, it } from 'vitest';
import { fromItem, type ItemFlags, JUNK_MARK, patchFor, toCreate } from './flags.ts';
import { ICON_INDEX, LAST_VERB, LAST_VERB_TIME } from './properties.ts';

const NOW = Date.parse('2026-11-22T10:11:12.345Z');

/** What the item has after a create with these flags. */
function created(flags: readonly string[]): ItemFlags {
  const { message, properties, draft } = toCreate(flags, NOW);
  const flag: unknown = message.flag;
  return {
    isRead: message.isRead === true,
    isDraft: draft,
    flagStatus: JSON.stringify(flag) === '{"flagStatus":"flagged"}' ? 'flagged' : null,
    categories: Array.isArray(message.categories) ? message.categories : [],
    properties: new Map(properties.map(({ id, value }) => [id, value])),
  };
}

describe('the flags of a create', () => {
  it.each([
    { flags: [] },
    { flags: ['\\Seen'] },
    { flags: ['\\Flagged', '\\Seen'] },
    { flags: ['\\Answered'] },
    { flags: ['$Forwarded', '\\Seen'] },
    { flags: ['\\Draft'] },
    { flags: ['$Junk'] },
    { flags: ['$label1', 'Project-X', '\\Seen'] },
  ])('are the flags of the item: $flags', ({ flags }) => {
    expect(fromItem(created(flags))).toEqual([...flags].sort());
    expect(toCreate(flags, NOW).alterations).toEqual([]);
  });

  it('say whether it is read in every create, since a message is read unless that is said', () => {
    expect(toCreate([], NOW).message).toEqual({ isRead: false });
  });

  it('date the reply to the second', () => {
    expect(toCreate(['\\Answered'], NOW).properties).toEqual([
      { id: LAST_VERB, value: '102' },
      { id: ICON_INDEX, value: '261' },
      { id: LAST_VERB_TIME, value: '2026-11-22T10:11:12Z' },
    ]);
  });

  it.each([
    { flags: ['\\Deleted'], what: 'the flag \\Deleted is left out' },
    { flags: ['NonJunk'], what: 'the flag NonJunk is left out' },
    { flags: ['\\Odd'], what: 'the flag \\Odd is left out' },
    { flags: ['\\Answered', '$Forwarded'], what: 'the flag $Forwarded is left out' },
    { flags: ['a,b;c'], what: 'the keyword "a,b;c" is the category "a_b_c"' },
    { flags: ['k'.repeat(300)], what: `the keyword "${'k'.repeat(300)}" is the category "${'k'.repeat(255)}"` },
  ])('name what is lost: $what', ({ flags, what }) => {
    expect(toCreate(flags, NOW).alterations).toEqual([{ what, why: expect.stringMatching(/./) }]);
  });

  it('are one category where two keywords become the same', () => {
    expect(toCreate(['a,b', 'A;b'], NOW).message.categories).toEqual(['a_b']);
  });
});

describe('a category that is no keyword', () => {
  it('is spelled with _', () => {
    const item = { isRead: false, isDraft: false, flagStatus: 'complete', properties: new Map() };
    expect(fromItem({ ...item, categories: ['Project X', 'Blue (new)'] })).toEqual(['Blue__new_', 'Project_X']);
  });

  it('is removed as the keyword it is shown as', () => {
    const { categories } = patchFor({ add: [], remove: ['Project_X'] });
    expect(categories?.(['Project X', 'other'])).toEqual(['other']);
  });
});

describe('a change of flags', () => {
  it.each([
    { change: { add: ['\\Seen'], remove: [] }, fixed: { isRead: true } },
    { change: { add: [], remove: ['\\Seen'] }, fixed: { isRead: false } },
    { change: { add: ['\\Flagged'], remove: ['\\Seen'] }, fixed: { isRead: false, flag: { flagStatus: 'flagged' } } },
    { change: { add: [], remove: ['\\Flagged'] }, fixed: { flag: { flagStatus: 'notFlagged' } } },
  ])('to fixed values: $change', ({ change, fixed }) => {
    expect(patchFor(change)).toEqual({ fixed, categories: null, properties: null, byProperties: [], refused: [] });
  });

  it('keeps the categories a person set', () => {
    const { categories } = patchFor({ add: ['new', 'KEPT'], remove: ['old'] });
    expect(categories?.(['kept', 'OLD', 'hers'])).toEqual(['kept', 'hers', 'new']);
  });

  it.each([
    {
      add: ['\\Answered'],
      remove: [],
      has: [],
      gives: [
        { id: LAST_VERB, value: '102' },
        { id: ICON_INDEX, value: '261' },
      ],
    },
    { add: ['\\Answered'], remove: [], has: [[LAST_VERB, '103']], gives: [] },
    { add: ['$Forwarded'], remove: [], has: [[LAST_VERB, '102']], gives: [] },
    { add: [], remove: ['\\Answered'], has: [[LAST_VERB, '104']], gives: [] },
    {
      add: [],
      remove: ['\\Answered'],
      has: [[LAST_VERB, '102']],
      gives: [
        { id: LAST_VERB, value: '0' },
        { id: ICON_INDEX, value: '-1' },
      ],
    },
    { add: ['Junk'], remove: [], has: [], gives: [{ id: JUNK_MARK, value: '1' }] },
  ] satisfies { add: string[]; remove: string[]; has: [string, string][]; gives: object[] }[])(
    'by properties: +$add -$remove over $has',
    ({ add, remove, has, gives }) => {
      const patch = patchFor({ add, remove });
      expect(patch.properties?.(new Map(has))).toEqual(gives);
      expect(patch.byProperties).toEqual([...add, ...remove]);
    },
  );

  it('never makes a draft of a message, nor marks it to be expunged', () => {
    const { refused } = patchFor({ add: ['\\Deleted', '\\Draft'], remove: [] });
    expect(refused.map(({ flag }) => flag)).toEqual(['\\Deleted', '\\Draft']);
  });
});
