import type { AssignRule } from '@mxodus/model';
import { describe, expect, test } from 'vitest';
import { assign, matchesAddress } from './assign.ts';

const rules: AssignRule[] = [
  { match: 'sales-*@example.com', to: 'm365' },
  { top: 25, by: 'recent-messages', days: 90, to: 'm365' },
  { match: '*@example.com', to: 'new', address: '{local}@mail.{domain}' },
];

describe('assign', () => {
  test.each([
    ['the first rule that matches decides', 'sales-uk@example.com', undefined, ['m365', 'sales-uk@example.com', 0]],
    ['{local} and {domain} are filled in', 'ann@example.com', undefined, ['new', 'ann@mail.example.com', 2]],
    ['addresses do not differ by case', 'SALES-X@Example.COM', undefined, ['m365', 'SALES-X@Example.COM', 0]],
    ['`to` narrows to the rules for that server', 'sales-x@example.com', 'new', ['new', 'sales-x@mail.example.com', 2]],
    ['`to` needs no rule', 'bob@other.example', 'new', ['new', 'bob@other.example', null]],
    ['a $ in an address is no pattern of ours', '$&@example.com', undefined, ['new', '$&@mail.example.com', 2]],
  ] as const)('%s', (_name, address, to, [server, newAddress, rule]) => {
    expect(assign(address, rules, { to })).toEqual({ to: server, address: newAddress, rule });
  });

  test('no rule, no assignment', () => expect(assign('bob@other.example', rules)).toBeUndefined());
});

describe('matchesAddress', () => {
  test.each([
    ['*', 'a@b', true],
    ['a?c@x', 'abc@x', true],
    ['a?c@x', 'ac@x', false],
    ['a.c@x', 'abc@x', false],
    ['*@x', 'a@x.y', false],
    ['a+b@x', 'a+b@x', true],
    ['[ab]@x', 'a@x', false],
  ])('%s against %s: %s', (pattern, address, expected) => expect(matchesAddress(pattern, address)).toBe(expected));
});
