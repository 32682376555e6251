import { createClock } from '../clock.ts';
import type { UserOptions } from '../options.ts';
import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { SimUser, SimWorld } from '../sim-world.ts';
import type { SimSwitches } from '../switches.ts';
import { createTenant } from '../world.ts';
import { mailRoutes } from './index.ts';
import { type MailboxStore, mailboxOf } from './store.ts';
import { MailboxUser } from './user.ts';

export const KEY = 'String {5e7fd0a2-6f4b-4c65-9d0e-3c1c7b6a2f58} Name MxodusKey';
export const IMMUTABLE = { prefer: 'IdType="ImmutableId"' };
export const START = new Date('2026-11-20T10:00:00Z');

export interface Called {
  status: number;
  /** Of an error, else ''. */
  code: string;
  message: string;
  body: Json;
  headers: Readonly<Record<string, string>>;
}

/** JSON that is read by path: json.at('value', 0, 'id'). */
export class Json {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  at(...path: readonly (string | number)[]): unknown {
    let here = this.value;
    for (const step of path) {
      if (typeof here !== 'object' || here === null) return undefined;
      here = new Map(Object.entries(here)).get(String(step));
    }
    return here;
  }

  text(...path: readonly (string | number)[]): string {
    const found = this.at(...path);
    if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')} of ${JSON.stringify(this.value)}`);
    return found;
  }

  list(...path: readonly (string | number)[]): unknown[] {
    const found = this.at(...path);
    if (!Array.isArray(found)) throw new Error(`no list at ${path.join('.')} of ${JSON.stringify(this.value)}`);
    return found;
  }

  /** One property of each thing of the list `value`. */
  each(name: string): unknown[] {
    return this.list('value').map((item) => new Json(item).at(name));
  }
}

export interface Sim {
  world: SimWorld;
  user: SimUser;
  store: MailboxStore;
  owner: MailboxUser;
  advance(ms: number): void;
  /** `path` as in an address, encoded, below users/ann; the body is sent as JSON, a string as text/plain. */
  call(method: SimRequest['method'], path: string, body?: unknown, options?: CallOptions): Called;
  create(message?: Record<string, unknown>, folder?: string): Called;
}

export interface CallOptions {
  headers?: Readonly<Record<string, string>>;
  roles?: readonly string[];
  version?: SimRequest['version'];
}

export function simulate(switches: Partial<SimSwitches> = {}, about: Omit<UserOptions, 'address'> = {}): Sim {
  let now = START.getTime();
  const clock = createClock(() => new Date(now));
  const users = [{ address: 'ann@example.com', locale: 'de' as const, ...about }];
  const { world } = createTenant({ dir: '', users, switches }, clock, 'https://localhost:1');
  const user = world.users[0];
  if (user === undefined) throw new Error('no user');
  const route = mailRoutes(world);
  const store = mailboxOf(world, user);
  const call: Sim['call'] = (method, path, body, options = {}) => {
    const url = new URL(`https://localhost/users/ann%40example.com/${path}`);
    const type = typeof body === 'string' ? 'text/plain' : 'application/json';
    const headers = { ...(body === undefined ? {} : { 'content-type': type }), ...options.headers };
    const bytes = Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
    const request: SimRequest = {
      method,
      version: options.version ?? 'v1.0',
      segments: url.pathname.slice(1).split('/').map(decodeURIComponent),
      query: url.searchParams,
      headers,
      body: bytes,
      roles: options.roles ?? ['Mail.ReadWrite'],
      preauthenticatedOrigin: 'https://127.0.0.1:1',
      origin: 'https://localhost:1',
    };
    return called(() => route(request));
  };
  return {
    world,
    user,
    store,
    owner: new MailboxUser(store),
    advance: (ms) => {
      now += ms;
    },
    call,
    create: (message = {}, folder = 'inbox') => call('POST', `mailFolders/${folder}/messages`, message),
  };
}

function called(ask: () => SimAnswer | null): Called {
  try {
    const answer = ask();
    if (answer === null) return { status: 0, code: 'not answered', message: '', body: new Json(null), headers: {} };
    return { status: answer.status, code: '', message: '', body: new Json(answer.body), headers: answer.headers ?? {} };
  } catch (error) {
    if (!(error instanceof SimError)) throw error;
    const { status, code, message, headers } = error;
    return { status, code, message, body: new Json(null), headers };
  }
}

/** A query value, percent-encoded. */
export const q = encodeURIComponent;

export const extended = (id: string, value: string): { id: string; value: string } => ({ id, value });

/** A create as the writer sends it: no draft, dates, key. */
export const migrated = (key: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  subject: key,
  isRead: true,
  ...more,
  singleValueExtendedProperties: [
    extended('Integer 0x0E07', '4'),
    extended('SystemTime 0x0E06', '2019-03-04T05:06:07Z'),
    extended('SystemTime 0x0039', '2019-03-04T05:06:01Z'),
    extended(KEY, key),
  ],
});
