import { expect, it } from 'vitest';
import { parseInternalDate } from './internal-date.ts';

it.each([
  ['17-Jul-1996 02:44:25 -0700', '1996-07-17T09:44:25Z'],
  [' 7-feb-2023 10:00:00 +0130', '2023-02-07T08:30:00Z'],
  ['7-FEB-2023 10:00:00 +0000', '2023-02-07T10:00:00Z'],
  ['29-Feb-2012 23:59:59 +0000', '2012-02-29T23:59:59Z'],
  ['31-Dec-1899 00:00:00 +0000', '1899-12-31T00:00:00Z'],
  ['01-Jan-0070 00:00:00 +0000', '0070-01-01T00:00:00Z'],
  ['31-Dec-2016 23:59:60 +0000', '2017-01-01T00:00:00Z'],
])('reads %s', (text, instant) => {
  expect(new Date(parseInternalDate(Buffer.from(text)) ?? Number.NaN)).toEqual(new Date(instant));
});

it.each([
  '',
  'yesterday',
  '17-Jul-1996',
  '17-Jul-1996 02:44:25',
  '17-Jul-1996 02:44:25 -0700 (PDT)',
  '17-Jux-1996 02:44:25 -0700',
  '00-Jul-1996 02:44:25 -0700',
  '32-Jul-1996 02:44:25 -0700',
  '17-Jul-1996 24:44:25 -0700',
  '17-Jul-1996 02:60:25 -0700',
  '17-Jul-1996 02:44:61 -0700',
  '17-Jul-1996 02:44:25 0700 ',
  '17 Jul 1996 02:44:25 -0700',
  'Wed, 17 Jul 1996 02:44:25 -0700',
])('says that "%s" is no date', (text) => {
  expect(parseInternalDate(Buffer.from(text))).toBeNull();
});
