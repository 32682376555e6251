import { expect, it } from 'vitest';
import { sentDate } from './sent-date.ts';

it.each([
  ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z'],
  ['Tue, 01 Feb 99 10:00:00 GMT', '1999-02-01T10:00:00Z'],
  ['1 feb 2012 1:02 EST (Eastern)', '2012-02-01T06:02:00Z'],
  ['Wed, 29 Feb 2012 23:59:60 +0000', '2012-02-29T23:59:59Z'],
  ['Thu, 1 Jan 1970 00:00:00 +0000', '1970-01-01T00:00:00Z'],
  ['Fri Nov 21 09:55:06 1997', '1997-11-21T09:55:06Z'],
  ['Fri Nov 21 09:55:06 PST 1997', '1997-11-21T17:55:06Z'],
  ['2012-02-01T10:00:00.5+01:00', '2012-02-01T09:00:00Z'],
  ['01-Feb-2012 10.00.00 +0530', '2012-02-01T04:30:00Z'],
  ['Mon, 13 Feb 2012 11:01:02 PM', '2012-02-13T23:01:02Z'],
  ['Mon, 13 Feb 2012 11:01:02 +9999', '2012-02-13T11:01:02Z'],
])('%s is %s', (given, iso) => {
  expect(sentDate(given)).toMatchObject({ kind: 'read', iso });
});

it.each([
  '31 Feb 2012 10:00:00 +0000',
  '1 Feb 2012 25:61:61 +0000',
  '1 Feb 1969 10:00:00 +0000',
  '1 Feb 2100 10:00 +0000',
  'now',
  '',
])('%s cannot be read', (given) => {
  expect(sentDate(given)).toEqual({ kind: 'unreadable' });
});

it('says when the zone is a guess', () => {
  expect(sentDate('1 Feb 2012 10:00:00')).toMatchObject({ zoneKnown: false });
  expect(sentDate('1 Feb 2012 10:00:00 UT')).toMatchObject({ zoneKnown: true });
});
