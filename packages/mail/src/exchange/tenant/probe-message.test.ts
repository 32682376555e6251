import { expect, test } from 'vitest';
import { MIGRATION_KEY } from '../properties.ts';
import { arrivalOf, faultsOfJson, faultsOfMime, newProbe, type ReadBack } from './probe-message.ts';

const probe = newProbe(new Date('2026-11-22T12:00:00Z'));

/** As it has to come back, spelled as the service does. */
const good: ReadBack = {
  isDraft: false,
  isRead: true,
  receivedDateTime: '2019-03-04T05:08:21Z',
  sentDateTime: '2019-03-04T05:06:01.0000000Z',
  singleValueExtendedProperties: [
    { id: 'String 0x7d', value: 'Subject: x\r\nX-Mxodus-Probe: 1\r\n' },
    { id: MIGRATION_KEY.replace(/\{.*\}/, (guid) => guid.toUpperCase()), value: probe.key },
  ],
};

test.each<[string, Partial<ReadBack>, string[], string]>([
  ['what it has to be', {}, [], 'asked-for'],
  ['a draft', { isDraft: true }, ['draft'], 'asked-for'],
  ['the date of writing', { receivedDateTime: '2026-11-22T12:00:30Z' }, ['date'], 'time-of-writing'],
  ['a date one second off', { receivedDateTime: '2019-03-04T05:08:22Z' }, ['date'], 'other'],
  ['the date of its Date line', { receivedDateTime: '2019-03-04T05:06:01Z' }, ['date'], 'date-header'],
  ['unread', { isRead: false }, ['read'], 'asked-for'],
  ['another date of sending', { sentDateTime: '2026-11-22T12:00:30Z' }, ['sent'], 'asked-for'],
  ['neither key nor header', { singleValueExtendedProperties: [] }, ['key', 'headers'], 'asked-for'],
  [
    'headers in the list only',
    {
      internetMessageHeaders: [{ name: 'x-mxodus-probe', value: '1' }],
      singleValueExtendedProperties: [{ id: MIGRATION_KEY, value: probe.key }],
    },
    [],
    'asked-for',
  ],
])('%s', (_name, change, faults, arrival) => {
  const found = { ...good, ...change };
  expect(faultsOfJson(found, probe).map(({ fault }) => fault)).toEqual(faults);
  expect(arrivalOf(found, probe.written)).toBe(arrival);
});

test.each<[string, Partial<ReadBack>, string[]]>([
  ['with the date of its Received line', { receivedDateTime: '2019-03-04T05:07:11Z' }, []],
  ['with the date of its Date line', { receivedDateTime: '2019-03-04T05:06:01Z' }, []],
  ['with the time of the import', { receivedDateTime: '2026-11-22T12:00:30Z' }, ['date']],
  ['as a draft', { receivedDateTime: '2019-03-04T05:07:11Z', isDraft: true }, ['draft']],
  [
    'without a key, unread',
    { receivedDateTime: '2019-03-04T05:07:11Z', isRead: false, singleValueExtendedProperties: [] },
    ['key', 'read', 'headers'],
  ],
])('imported %s', (_name, change, faults) => {
  expect(faultsOfMime({ ...good, ...change }, probe).map(({ fault }) => fault)).toEqual(faults);
});
