import type { Fact, MailboxAnswer, TenantMailbox } from '@mxodus/model';
import { expect, test } from 'vitest';
import { seatsText, tenantMailboxTrouble, tenantMailboxWarnings } from './tenant-mailbox.ts';

const is = <T>(value: T): Fact<T> => ({ known: true, value });
const unknown = { known: false, why: 'the app may not ask for it (X)' } as const;

const fine: TenantMailbox = {
  user: 'ann@new.example',
  answer: { kind: 'answers' },
  exists: is(true),
  addresses: is(['ann@new.example']),
  enabled: is(true),
  licence: is('active'),
  purpose: is('user'),
  usage: unknown,
  messageLimit: unknown,
};

const words = 'MailboxNotEnabledForRESTAPI (404): The mailbox is inactive';
const notEnabled: MailboxAnswer = { kind: 'not-enabled', words };
const unknownUser: MailboxAnswer = { kind: 'unknown-user', words };

test.each<[string, Partial<TenantMailbox>, string | null]>([
  ['all is well', {}, null],
  ['nothing but the mailbox is known', { exists: unknown, licence: unknown, purpose: unknown, enabled: unknown }, null],
  ['a shared mailbox without a licence', { purpose: is('shared'), licence: is('none'), enabled: is(false) }, null],
  ['no licence, and whether it needs one is not known', { purpose: unknown, licence: is('none') }, null],
  ['a user without a licence, for 30 days', { licence: is('none') }, 'MAILBOX_UNLICENSED'],
  ['a user whose licence is being set up, answering', { licence: is('pending') }, null],
  ['denied', { answer: { kind: 'denied', words: 'ErrorAccessDenied (403)' } }, 'PERMISSION_MISSING'],
  ['no such user', { answer: unknownUser, exists: is(false), licence: unknown, purpose: unknown }, 'MAILBOX_MISSING'],
  ['no such user, the directory was not asked', { answer: unknownUser, exists: unknown }, 'MAILBOX_MISSING'],
  ['no mailbox and no licence', { answer: notEnabled, licence: is('none'), purpose: unknown }, 'MAILBOX_UNLICENSED'],
  ['a licence, and no mailbox yet', { answer: notEnabled, purpose: unknown }, 'MAILBOX_NOT_READY'],
  ['a licence being set up', { answer: notEnabled, licence: is('pending') }, 'MAILBOX_NOT_READY'],
  ['a user the mail service does not know yet', { answer: unknownUser, licence: is('active') }, 'MAILBOX_NOT_READY'],
  [
    'no mailbox, and nothing else is known',
    { answer: notEnabled, exists: unknown, licence: unknown },
    'MAILBOX_NOT_READY',
  ],
  [
    'a shared mailbox that does not answer',
    { answer: notEnabled, licence: is('none'), purpose: is('room') },
    'MAILBOX_NOT_READY',
  ],
])('%s', (_name, change, code) => {
  const trouble = tenantMailboxTrouble({ ...fine, ...change }, { server: 'm365', licences: null });
  expect(trouble?.code ?? null).toBe(code);
  if (trouble !== null) expect(trouble.what).toContain('ann@new.example');
});

test('says which seats are free to assign', () => {
  const licences = [
    { name: 'EXCHANGESTANDARD', seats: 10, free: 3 },
    { name: 'E5', seats: 1, free: 0 },
  ];
  const trouble = tenantMailboxTrouble({ ...fine, licence: is('none') }, { server: 'm365', licences });
  expect(trouble?.advice).toContain('free seats: 3 of EXCHANGESTANDARD');
  expect(seatsText([{ name: 'E5', seats: 1, free: 0 }])).toBe('no seat is free: buy one first');
  expect(seatsText(null)).toBe('how many are free is not known');
});

const here = { address: 'ann@old.example', domains: [] };

test.each<[string, Partial<TenantMailbox>, { address: string; domains: string[] }, string[]]>([
  ['nothing to say', {}, here, []],
  ['blocked sign-in', { enabled: is(false) }, here, ['SIGN_IN_BLOCKED']],
  ['blocked sign-in of a shared mailbox, as it should be', { enabled: is(false), purpose: is('shared') }, here, []],
  ['no licence, and perhaps shared', { licence: is('none'), purpose: unknown }, here, ['LICENCE']],
  [
    'mail will come to an address it does not have',
    {},
    { address: 'ann@old.example', domains: ['OLD.example'] },
    ['ADDRESS'],
  ],
  [
    'it has the address',
    { addresses: is(['x@y.z', 'Ann@Old.example']) },
    { address: 'ann@old.example', domains: ['old.example'] },
    [],
  ],
  ['its addresses are not known', { addresses: unknown }, { address: 'ann@old.example', domains: ['old.example'] }, []],
])('warns: %s', (_name, change, of, codes) => {
  expect(tenantMailboxWarnings({ ...fine, ...change }, of).map(({ code }) => code)).toEqual(codes);
});
