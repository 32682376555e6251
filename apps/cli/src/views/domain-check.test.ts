import { gateSchema } from '@mxodus/model';
import { expect, it } from 'vitest';
import { makeStyle } from '../output/style.ts';
import { type DomainCheckView, domainCheckText } from './domain-check.ts';

const gate = gateSchema.parse({ id: 'G1', name: 'DNS health', status: 'green', why: 'both agree', fix: '' });
const show = (over: Partial<DomainCheckView>): string[] =>
  domainCheckText(
    {
      ...{ domain: 'example.com', gates: [gate], closed: [], to: ['mx.new.example'], recipients: null },
      mx: { kind: 'answer', ttl: 14_400, records: ['10 mx.old.example'], secure: false },
      ...over,
    },
    makeStyle(false),
  ).split('\n');

const NO_PLAN =
  '  not asked  what needs a plan: the provider (G2), the old host (G6), the backlog (G7), the window (G9), approval (G10), drift (G15)';

it('says what the domain has today, what was found, and what nobody was asked', () => {
  expect(show({ to: [] })).toEqual([
    'OPEN: no gate stops the cutover of example.com.',
    '  today  MX 10 mx.old.example; caches keep it for up to 4 h 00 min (TTL 14400)',
    '  green  G1  DNS health  both agree',
    '  not asked  the new mail hosts: name them with --to HOST; what is said above is of those of today',
    '  not asked  G3, whether the hosts know your addresses: name a list with --recipients FILE',
    NO_PLAN,
  ]);
});

it.each([
  [{ asked: 2, elsewhere: 0 }, []],
  [{ asked: 2, elsewhere: 1 }, ['  not asked  1 address of the list: of other domains']],
  [
    { asked: 0, elsewhere: 3 },
    ['  not asked  G3, whether the hosts know your addresses: the 3 addresses of the list are of other domains'],
  ],
])('never passes over addresses in silence: %o', (recipients, lines) => {
  expect(show({ recipients }).slice(3)).toEqual([...lines, NO_PLAN]);
});
