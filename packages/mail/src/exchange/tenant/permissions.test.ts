import { expect, test } from 'vitest';
import { permissionsOf, rolesOfToken } from './permissions.ts';

const states = (graph: string[] | null, imap?: string[] | null): Record<string, string> =>
  Object.fromEntries(
    permissionsOf({ graph, importsMime: false, ...(imap === undefined ? {} : { imap }) }).map(({ name, state }) => [
      name,
      state,
    ]),
  );

test('names those that are missing for sure, and those that may be granted for some mailboxes', () => {
  expect(states(['User.Read.All'])).toEqual({
    'Mail.ReadWrite': 'unproven',
    'Mail-Advanced.ReadWrite.All': 'unproven',
    'User.Read.All': 'granted',
    'MailboxSettings.Read': 'unproven',
    'Domain.Read.All': 'missing',
    'Organization.Read.All': 'missing',
    'Reports.Read.All': 'missing',
  });
});

test.each([
  ['MailboxSettings.ReadWrite', 'MailboxSettings.Read'],
  ['Domain.ReadWrite.All', 'Domain.Read.All'],
  ['Directory.Read.All', 'User.Read.All'],
])('%s does for %s', (role, name) => expect(states([role])[name]).toBe('granted'));

test('IMAP is asked of its own token, where it is set up', () => {
  expect(states([], [])['IMAP.AccessAsApp']).toBe('missing');
  expect(states([], ['IMAP.AccessAsApp'])['IMAP.AccessAsApp']).toBe('granted');
  expect(states([])).not.toHaveProperty('IMAP.AccessAsApp');
});

test('a writer that cannot do without one says so', () => {
  const [, advanced] = permissionsOf({ graph: [], importsMime: true });
  expect(advanced).toMatchObject({ name: 'Mail-Advanced.ReadWrite.All', need: 'writer' });
});

const token = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

test.each([
  ['roles', token({ roles: ['A', 'B'] }), ['A', 'B']],
  ['no roles', token({ aud: 'x' }), []],
  ['no claims', token(1), null],
  ['no JSON', 'a.b.c', null],
  ['an opaque token', 'opaque', null],
])('a token with %s', (_name, text, roles) => expect(rolesOfToken(text)).toEqual(roles));
