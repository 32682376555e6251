import { describe, expect, it } from 'vitest';
import { parseAddresses } from './addresses.ts';

const shown = (value: string): string[] =>
  parseAddresses(value).mailboxes.map(({ name, address }) => (name === '' ? address : `${name}|${address}`));

describe('addresses', () => {
  it.each([
    ['a@x.org', ['a@x.org']],
    ['<a@x.org>', ['a@x.org']],
    ['Ann Smith <a@x.org>', ['Ann Smith|a@x.org']],
    ['"Smith, \\"A\\"" <a@x.org>, b@x.org', ['Smith, "A"|a@x.org', 'b@x.org']],
    ['a@x.org (Ann (the boss))', ['Ann (the boss)|a@x.org']],
    ['a@x.org; b@x.org', ['a@x.org', 'b@x.org']],
    ['team: a@x.org, B <b@x.org>; c@x.org', ['a@x.org', 'B|b@x.org', 'c@x.org']],
    ['undisclosed-recipients:;', []],
    ['=?utf-8?Q?Smith,_J=C3=B6rg?= <a@x.org>', ['Smith, Jörg|a@x.org']],
    ['"=?utf-8?B?SsO2cmc=?=" <a@x.org>', ['Jörg|a@x.org']],
    ['<@r1.org,@r2.org:a@x.org>', ['a@x.org']],
    ['"john doe"@x.org', ['"john doe"@x.org']],
    ['a @ x . org', ['a@x.org']],
    ['Ann a@x.org', ['Ann|a@x.org']],
    ['a@x.org b@x.org', ['a@x.org', 'b@x.org']],
    ['Ann <a@x.org', ['Ann|a@x.org']],
    ['"Ann <a@x.org>', ['"Ann|a@x.org']],
    ['<a@x.org, Ben <b@x.org>', ['a@x.org', 'Ben|b@x.org']],
    ["'a@x.org'", ['a@x.org']],
    ['Ann <mailto:a@x.org>', ['Ann|a@x.org']],
    ['jörg@bücher.example, 用户@例子.广告', ['jörg@bücher.example', '用户@例子.广告']],
    ['a@[192.0.2.1], a..b@x.org., root@localhost', ['a@[192.0.2.1]', 'a..b@x.org', 'root@localhost']],
  ])('are read from %s', (value, expected) => {
    expect(shown(value)).toEqual(expected);
    expect(parseAddresses(value).invalid).toEqual([]);
  });

  it.each([['nobody'], ['Ann <>'], ['a@'], ['@x.org'], ['a@b@x.org'], ['a@x..org'], [`${'a'.repeat(330)}@x.org`]])(
    '%s is none',
    (value) => {
      expect(parseAddresses(value)).toMatchObject({ mailboxes: [], invalid: [value] });
    },
  );
});
