import { MxodusError } from '@mxodus/model';

/**
 * As pg is given it. TLS that was asked for is always verified: pg 8 does the same, and warns each time that its next version will not.
 * Throws LEDGER_REFUSED; pg's own words for a wrong one would show it.
 */
export function connectionString(url: string): string {
  if (!/^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new MxodusError('LEDGER_REFUSED', {
      what: '`ledger.url` is no connection string',
      why: 'it cannot be read as one',
      advice: 'write it like postgres://user:password@host:5432/database',
    });
  }
  return url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full');
}
