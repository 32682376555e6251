import { describe, expect, it, test } from 'vitest';
import { acceptFlags } from './flag-changes.ts';
import { keywordOf, labelKeywords } from './label-keywords.ts';

const LABELS: readonly (readonly [string, string | null])[] = [
  ['Work', 'Work'],
  ['To do', 'To_do'],
  ['Projects/2026', 'Projects/2026'],
  ['a(b){c}%*"\\]d', 'a_b__c______d'],
  ['[Imap]/Sent', '[Imap_/Sent'],
  ['Büro & Öffentlich', 'Buro_&_Offentlich'],
  ['仕事', '&TtVOiw-'],
  ['R&D 仕事', 'R&-D_&TtVOiw-'],
  ['🎉', '&2DzfiQ-'],
  ['', '_'],
  ['x'.repeat(80), 'x'.repeat(50)],
  ['tab\there', 'tab_here'],
  ['\\Important', '$Important'],
  ['\\Starred', null],
  ['\\Draft', null],
  ['\\Inbox', '$Inbox'],
  ['\\Muted', '$Muted'],
];

describe('keywordOf', () => {
  test.each(LABELS)('%s', (label, expected) => expect(keywordOf(label)).toBe(expected));

  it('is always a keyword that a server takes', () => {
    const keywords = LABELS.map(([label]) => keywordOf(label)).filter((keyword) => keyword !== null);
    expect(acceptFlags(keywords, null).dropped).toEqual([]);
  });
});

const given = (labels: string[], known: [string, string][] = []): Record<string, string> =>
  Object.fromEntries(labelKeywords(labels, new Map(known)));

describe('labelKeywords', () => {
  it('numbers collisions, without regard to case', () => {
    expect(given(['a b', 'a_b', 'A*b'])).toEqual({ a_b: 'a_b', 'A*b': 'A_b_2', 'a b': 'a_b_3' });
  });

  it('gives the same names whatever the order of the labels', () => {
    expect(given(['a b', 'a*b', 'a_b'])).toEqual(given(['a_b', 'a*b', 'a b', 'a b']));
  });

  it('keeps what earlier passes gave', () => {
    expect(given(['a*b', 'a b'], [['a b', 'a_b']])).toEqual({ 'a b': 'a_b', 'a*b': 'a_b_2' });
  });

  it('leaves the keywords that mail programs act on alone', () => {
    expect(given(['Junk', '$Important', '\\Important'])).toEqual({
      Junk: 'Junk_2',
      $Important: '$Important_2',
      '\\Important': '$Important',
    });
  });

  it('numbers long ones within the length', () => {
    const [first, second] = [`${'x'.repeat(60)}1`, `${'x'.repeat(60)}2`];
    expect(given([first, second])).toEqual({ [first]: 'x'.repeat(50), [second]: `${'x'.repeat(48)}_2` });
  });

  it('gives none to what is a flag already', () => {
    expect(given(['\\Starred'])).toEqual({});
  });
});
