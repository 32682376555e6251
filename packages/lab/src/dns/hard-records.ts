import type { ZoneRecord } from './bind-conf.ts';

/** An RRset that fits in no datagram: the answer over UDP is truncated (TC). BIND takes at most 100 records an RRset. */
export function manyAddresses(name: string, count = 90): ZoneRecord[] {
  return Array.from({ length: count }, (_, index) => ({ name, type: 'A', data: `127.1.0.${index}` }));
}

/** A TXT of more than 255 bytes, cut at `at` as somebody else's editor would. */
export function longText(name: string, text: string, at = 200): ZoneRecord {
  const strings = text.match(new RegExp(`.{1,${at}}`, 'gs')) ?? [];
  return { name, type: 'TXT', data: strings.map((part) => JSON.stringify(part)).join(' ') };
}
