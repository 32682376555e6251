import { createHash } from 'node:crypto';
import type { Login } from '@mxodus/model';
import type { FleetRedis } from './fleet-redis.ts';

/** Those who work with a server listen here: for what it asked of one of them, and to be counted. */
export const channelOf = (fleet: FleetRedis, serverKey: string): string => fleet.key('governor', 'said', serverKey);

/** Stands for a login in keys and messages; nobody learns the user from it who does not know him. */
export const loginHash = (serverKey: string, { user }: Pick<Login, 'user'>): string =>
  createHash('sha256').update(`${serverKey} ${user}`).digest('hex').slice(0, 16);

const MOST_WORDS = 300;

/** What a server said, without the user and whatever looks like an address: it goes to other machines. */
export const maskedWords = (words: string, user: string): string =>
  (user === '' ? words : words.replaceAll(user, '…'))
    .replace(/[^\s<>"'()[\],;:=]+@[^\s<>"'()[\],;:]+/g, '…')
    .slice(0, MOST_WORDS);
