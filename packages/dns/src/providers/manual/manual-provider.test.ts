import { expect, test } from 'vitest';
import { openProvider } from '../../registry.ts';

const signal = new AbortController().signal;

test('says what to change in words, as zone lines and for nsupdate', async () => {
  const provider = await openProvider({ provider: 'manual', zone: 'example.com' });
  const before = { ttl: 3600, records: [{ host: 'old.example', preference: 10 }] };
  const after = { ttl: 60, records: [{ host: 'new.example', preference: 10 }] };
  const result = await provider.apply([{ domain: 'example.com', before, after }], signal);
  expect(result).toEqual({
    kind: 'by-hand',
    instructions: `Change in the zone example.com, all at once, replacing every MX record of the name:
  example.com
    now  10 old.example (TTL 3600)
    to   10 new.example (TTL 60)

As lines of a zone file:
  example.com. 60 IN MX 10 new.example.

As a script for nsupdate (server and key are yours to add):
  zone example.com.
  prereq yxrrset example.com. IN MX 10 old.example.
  update delete example.com. MX
  update add example.com. 60 IN MX 10 new.example.
  send

mxodus goes on by itself once every authoritative server serves this.`,
  });
  expect(await provider.rehearse([], signal)).toBe('allowed');
});
