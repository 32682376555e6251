import type { PlanMailbox } from '@mxodus/model';
import { describe, expect, test } from 'vitest';
import { comparePlanGround, type Ground, reliedOn } from './compare-plan-ground.ts';
import { destinationNotEmpty, doesNotFit, foldersRenamed, sameButForCase, tooLargeToMove } from './warnings.ts';

const MIB = 1024 ** 2;

const plan = (over: Partial<PlanMailbox> = {}): PlanMailbox => ({
  address: 'ann@example.com',
  source: { server: 'old', user: 'ann' },
  destination: { server: 'new', user: 'ann', address: 'ann@example.com' },
  messages: 2,
  bytes: 12 * MIB,
  folders: [],
  largest: [
    { folder: 'INBOX', uid: 2, bytes: 9 * MIB },
    { folder: 'INBOX', uid: 1, bytes: 3 * MIB },
  ],
  too_large: [],
  refused_keywords: [],
  source_quota: null,
  destination_quota: { used_bytes: 0, limit_bytes: 100 * MIB },
  destination_bytes_after: 12 * MIB,
  fits: true,
  destination_messages: 0,
  destination_capabilities: ['LITERAL+', 'UIDPLUS'],
  append_limit: null,
  warnings: [],
  ...over,
});

const now = (over: Partial<Ground> = {}): Ground => ({
  capabilities: ['imap4rev1', 'literal+', 'uidplus'],
  appendLimit: null,
  quota: { usedBytes: 0, limitBytes: 100 * MIB },
  ...over,
});

describe('a plan', () => {
  test.each<[string, PlanMailbox, Ground, string[]]>([
    ['holds where nothing changed', plan(), now(), []],
    ['holds where the server learned more', plan(), now({ capabilities: ['LITERAL+', 'UIDPLUS', 'MULTIAPPEND'] }), []],
    [
      'is stale without UIDPLUS',
      plan(),
      now({ capabilities: ['LITERAL+'] }),
      ['server "new" no longer offers UIDPLUS'],
    ],
    [
      'is stale with a quota below what it counts on',
      plan(),
      now({ quota: { usedBytes: 0, limitBytes: 10 * MIB } }),
      ["the destination's quota is now 10.0 MiB; the plan counts on 12.0 MiB"],
    ],
    [
      'holds in a quota that is used up by its own copy',
      plan(),
      now({ quota: { usedBytes: 99 * MIB, limitBytes: 99 * MIB } }),
      [],
    ],
    ['that did not fit before still holds', plan({ fits: false }), now({ quota: { usedBytes: 0, limitBytes: 1 } }), []],
    [
      'is stale when a message it moves is now too large',
      plan(),
      now({ appendLimit: 5 * MIB }),
      ['the destination now takes messages up to 5.0 MiB; the plan moves one of 9.0 MiB'],
    ],
    [
      'holds when only messages it leaves are too large',
      plan({ append_limit: 6 * MIB, too_large: [{ folder: 'INBOX', uid: 2, bytes: 9 * MIB }] }),
      now({ appendLimit: 5 * MIB }),
      [],
    ],
    ['holds under a limit that grew', plan({ append_limit: 5 * MIB }), now({ appendLimit: 6 * MIB }), []],
  ])('%s', (_name, before, after, expected) => expect(comparePlanGround(before, after)).toEqual(expected));
});

test('a plan relies on what makes the copy fast and safe, not on the rest', () => {
  expect(reliedOn(['uidplus', 'X-GM-EXT-1', 'MULTIAPPEND', 'ID'])).toEqual(['MULTIAPPEND', 'UIDPLUS']);
});

describe('warnings', () => {
  test('say how much quota is missing', () => {
    expect(doesNotFit(3 * MIB, 2 * MIB).text).toBe(
      'the destination would hold 3.0 MiB and its quota is 2.0 MiB: raise it by 1.0 MiB',
    );
  });

  test('count one message as one', () => {
    expect(tooLargeToMove([{ bytes: 9 * MIB }], 5 * MIB).text).toBe(
      '1 message (9.0 MiB) above the 5.0 MiB the destination takes: it cannot move',
    );
    expect(destinationNotEmpty(1, 1).text).toBe(
      'the destination holds 1 message already; one looks like a message of the source (same size and date)',
    );
  });

  const mapping = (source: string, over: object = {}) => ({
    source,
    destination: `${source}_`,
    role: null,
    subscribed: true,
    excluded: false,
    cause: 'character' as const,
    renamed: 'because',
    unplaced: null,
    ...over,
  });

  test('name three renamed folders and count the rest', () => {
    const [warning] = foldersRenamed(['a', 'b', 'c', 'd'].map((source) => mapping(source)));
    expect(warning?.text).toBe(
      '4 folders renamed: "a" -> "a_" (because), "b" -> "b_" (because), "c" -> "c_" (because) and 1 more',
    );
  });

  test('leave out renames that were asked for or follow from another', () => {
    expect(foldersRenamed([mapping('a', { cause: 'config' }), mapping('b', { cause: 'parent' })])).toEqual([]);
  });

  test('name folders that may meet where case is folded', () => {
    const names = ['case', 'CASE', 'Caf\u00e9', 'Cafe\u0301', 'x'].map((destination) => mapping('s', { destination }));
    const [warning, ...more] = sameButForCase(names, 'new');
    expect(warning?.text).toMatch(/^"case" and "CASE", "Caf\u00e9" and "Cafe\u0301": /);
    expect(more).toEqual([]);
    expect(sameButForCase([mapping('a'), mapping('b')], 'new')).toEqual([]);
  });

  test('tell apart a folder that has no place', () => {
    const [warning] = foldersRenamed([mapping('a', { cause: 'refused', unplaced: 'no' })]);
    expect(warning?.text).toBe('the destination refuses every name tried for "a" (no): map it in sync.folders.map');
  });
});
