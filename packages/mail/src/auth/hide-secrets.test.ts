import { expect, it } from 'vitest';
import { hidden, withoutSecrets } from './hide-secrets.ts';

const SECRET = 'ya29.A0-secret_token';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

it.each([
  [`BAD unknown command ${SECRET}`, 'BAD unknown command ***'],
  [`BAD ${base64(`user=ann\x01auth=Bearer ${SECRET}\x01\x01`)} what?`, 'BAD *** what?'],
  [`BAD ${base64(`\0admin\0${SECRET}`)}`, 'BAD ***'],
  ['NO [AUTHENTICATIONFAILED] Authentication failed.', 'NO [AUTHENTICATIONFAILED] Authentication failed.'],
])('hides the secret in "%s"', (text, expected) => {
  expect(hidden(text, [SECRET, ''])).toBe(expected);
});

it('hides it in all that hangs on an error, circles included', () => {
  const inner = new Error(`inner ${SECRET}`);
  const error = Object.assign(new Error(`outer ${SECRET}`, { cause: inner }), {
    response: { attributes: [{ value: `said ${SECRET}` }] },
    oauthError: { status: SECRET },
  });
  Reflect.set(inner, 'parent', error);
  expect(withoutSecrets(error, [SECRET])).toBe(error);
  expect(error.response.attributes).toEqual([{ value: 'said ***' }]);
  for (const text of [error.message, error.stack, inner.message, inner.stack, error.oauthError.status]) {
    expect(text).toContain('***');
    expect(text).not.toContain(SECRET);
  }
});
