import type { Login, RequestLimits } from '@mxodus/model';
import { sizeText } from '../governor/wait-words.ts';

/** Why a request waits, in words that go after "because". */

/** For one app and one mailbox (Outlook service limits of Microsoft Graph, 2026-09). */
const MICROSOFT = { requests: 10_000, requestsInMs: 600_000, uploadBytes: 150_000_000, uploadInMs: 300_000 };

/** @param words what the server said instead of an answer, on one line */
export const pauseWords = ({ server, user }: Login, words: string): string =>
  `${server} would not go on with ${user}: "${words}"`;

export const concurrencyWords = ({ server, user }: Login, concurrent: number): string =>
  concurrent === 1
    ? `the one request of ${user} that ${server} may have at once is under way`
    : `all ${concurrent} requests of ${user} that ${server} may have at once are under way`;

export function requestsWords({ server, user }: Login, { most, inMs }: RequestLimits['requests']): string {
  const theirs = most === MICROSOFT.requests && inMs === MICROSOFT.requestsInMs;
  const limit = `${most.toLocaleString('en-US')} requests in ${timeText(inMs)}`;
  return `${theirs ? "Microsoft's" : 'the'} limit of ${limit} for ${user} at ${server} is reached`;
}

export function uploadWords({ server, user }: Login, { mostBytes, inMs }: RequestLimits['upload']): string {
  const theirs = mostBytes === MICROSOFT.uploadBytes && inMs === MICROSOFT.uploadInMs;
  const limit = `${sizeText(mostBytes)} in ${timeText(inMs)}`;
  return `${theirs ? "Microsoft's" : 'the'} limit of ${limit} for ${user} at ${server} is reached`;
}

function timeText(ms: number): string {
  const units = [
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  const [name, size] = units.find(([, unit]) => ms >= unit && ms % unit === 0) ?? ['ms', 1];
  const count = ms / size;
  return size === 1 ? `${ms} ms` : `${count} ${name}${count === 1 ? '' : 's'}`;
}
