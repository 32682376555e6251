import { expect, it } from 'vitest';
import { arrivalDate } from './arrival-date.ts';

const head = (line: string): Buffer => Buffer.from(`Subject: x\r\n${line}\r\n\r\nbody`);
const JUNE = Date.UTC(2020, 5, 1, 10, 0, 0);

it.each([
  ['INTERNALDATE, whatever the header says', 5000, 'Date: Mon, 1 Jun 2020 12:00:00 +0200', 5000],
  ['the header, where INTERNALDATE cannot be read', null, 'Date: Mon, 1 Jun 2020 12:00:00 +0200', JUNE],
  ['the header, for 30-Dec-1899', Date.UTC(1899, 11, 30), 'Date: Mon, 1 Jun 2020 12:00:00 +0200', JUNE],
  ['none, where the header has none', null, 'X-Other: 1', null],
  ['none, where the header cannot be read', null, 'Date: some day', null],
])('%s', (_, internalDate, line, expected) => expect(arrivalDate({ internalDate }, head(line))).toBe(expected));
