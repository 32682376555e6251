import { createClock, type SimClock } from '../clock.ts';
import type { SimItem } from '../mailbox/item.ts';
import { emptyContent } from '../mailbox/item.ts';
import { type MailboxStore, mailboxOf } from '../mailbox/store.ts';
import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { AccessTokens } from '../sign-in/access-tokens.ts';
import type { SimUser, SimWorld } from '../sim-world.ts';
import { createTenant } from '../world.ts';
import { contentRoutes } from './index.ts';

export const ALL_ROLES = ['Mail.ReadWrite', 'Mail-Advanced.ReadWrite.All', 'MailboxItem.ImportExport.All'];

export interface Asking {
  body?: unknown;
  headers?: Record<string, string>;
  roles?: readonly string[];
  version?: SimRequest['version'];
}

/** A mailbox and the routes of this folder, called as the frame does. A refusal is an answer with its code as body. */
export interface ContentWorld {
  world: SimWorld;
  clock: SimClock;
  tokens: AccessTokens;
  ann: SimUser;
  store: MailboxStore;
  ask(
    method: SimRequest['method'],
    url: string,
    asking?: Asking,
  ): Promise<SimAnswer & { json: Record<string, unknown> }>;
  message(isDraft?: boolean): SimItem;
}

const API = 'https://localhost:1';
const PREAUTHENTICATED = 'https://127.0.0.1:1';

export function contentWorld(user: { maxMessageBytes?: number } = {}): ContentWorld {
  const clock = createClock(() => new Date('2026-11-22T10:00:00Z'));
  const users = [{ address: 'ann@example.com', ...user }, 'bob@example.com'];
  const { world, tokens } = createTenant({ dir: '', users }, clock, API);
  const ann = world.users[0];
  if (ann === undefined) throw new Error('no user');
  const store = mailboxOf(world, ann);
  const route = contentRoutes(world);
  return {
    world,
    clock,
    tokens,
    ann,
    store,
    ask: async (method, url, asking = {}) => {
      const answer = await refusalAsAnswer(() => route(requestOf(method, url, asking)));
      const { body } = answer;
      const json = typeof body === 'object' && body !== null && !Buffer.isBuffer(body) ? { ...body } : {};
      return { ...answer, json };
    },
    message: (isDraft = false) =>
      store.add(store.folders.known('inbox'), {
        ...emptyContent(store.now()),
        subject: 'Plan',
        from: { name: 'Bob', address: 'bob@example.com' },
        isDraft,
      }),
  };
}

function requestOf(method: SimRequest['method'], url: string, asking: Asking): SimRequest {
  const target = new URL(url, `${API}/v1.0/`);
  const segments = target.pathname.slice(1).split('/').map(decodeURIComponent);
  const isApi = segments[0] === 'api';
  const isRaw = typeof asking.body === 'string' || Buffer.isBuffer(asking.body);
  const { body = '' } = asking;
  return {
    method,
    version: asking.version ?? 'v1.0',
    segments: isApi ? segments : segments.slice(1),
    query: target.searchParams,
    headers: { 'content-type': isRaw ? 'text/plain' : 'application/json', ...asking.headers },
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    roles: isApi ? [] : (asking.roles ?? ['Mail.ReadWrite']),
    origin: API,
    preauthenticatedOrigin: PREAUTHENTICATED,
  };
}

async function refusalAsAnswer(ask: () => SimAnswer | null | Promise<SimAnswer | null>): Promise<SimAnswer> {
  try {
    return (await ask()) ?? { status: 0 };
  } catch (error) {
    if (error instanceof SimError) return { status: error.status, body: { code: error.code } };
    throw error;
  }
}
