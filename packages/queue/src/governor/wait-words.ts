import type { Hold } from './pace.ts';

/** Why something waits, in words that go after "because". */

const MOST_WORDS = 160;

export interface Whose {
  server: string;
  /** null: everyone on this server. */
  user: string | null;
}

export function holdWords({ server, user }: Whose, { kind, words }: Hold): string {
  const whom = user === null ? '' : ` ${user}`;
  if (kind === 'pause') return `${server} asked${whom} for a pause: ${said(words)}`;
  return `${server} asked${whom} to slow down: ${said(words)}`;
}

/** @param words of the server, when it asked for fewer than the config says */
export function slotWords({ server, user }: Whose, connections: number, words: string | null): string {
  const many = connections === 1 ? 'connection' : 'connections';
  const whose = user === null ? '' : ` of ${user}`;
  if (words !== null) return `${server} takes no more than ${connections} ${many}${whose} at once now: ${said(words)}`;
  return connections === 1
    ? `the one connection${whose} to ${server} is in use`
    : `all ${connections} connections${whose} to ${server} are in use`;
}

export const rateWords = ({ server }: Whose, bytesPerSecond: number): string =>
  `the limit of ${sizeText(bytesPerSecond)} a second for ${server} is reached`;

export const budgetWords = ({ server, user }: Whose, bytesPerDay: number): string =>
  `the daily budget of ${sizeText(bytesPerDay)} for ${user ?? 'everyone'} at ${server} is used up`;

/** As it was written in the config: "500 MB" and "25 MiB" are different sizes. */
export function sizeText(bytes: number): string {
  const units = [
    ['GB', 1000 ** 3],
    ['GiB', 1024 ** 3],
    ['MB', 1000 ** 2],
    ['MiB', 1024 ** 2],
    ['kB', 1000],
    ['KiB', 1024],
  ] as const;
  const exact = units.find(([, size]) => bytes >= size && (bytes * 10) % size === 0);
  if (exact !== undefined) return `${(bytes / exact[1]).toLocaleString('en-US')} ${exact[0]}`;
  const near = units.find(([, size]) => bytes >= size);
  return near === undefined
    ? `${bytes.toLocaleString('en-US')} B`
    : `${(bytes / near[1]).toLocaleString('en-US', { maximumFractionDigits: 1 })} ${near[0]}`;
}

/** The server's words on one line, not without end. */
function said(words: string): string {
  const line = words.replace(/\s+/g, ' ').trim();
  return `"${line.length <= MOST_WORDS ? line : `${line.slice(0, MOST_WORDS - 1)}…`}"`;
}
