import { readFile } from 'node:fs/promises';
import {
  type Certificates,
  createCertificates,
  type Exchange365,
  type Exchange365Options,
  makeTempDir,
  startExchange,
} from '@mxodus/lab';
import type { ItemBook, MailSession, RequestGovernor } from '@mxodus/model';
import { givenToken } from '../auth/token-source.ts';
import { exchangeAccount } from './exchange-account.ts';
import { graphService } from './graph/graph-service.ts';
import { itemBookInMemory } from './items-in-memory.ts';
import { DELIVERY_TIME, MESSAGE_FLAGS, MIGRATION_KEY } from './properties.ts';

export const USER = 'ann@contoso.example';

/** A simulated Microsoft 365 with one mailbox, and the account under test. */
export interface ExchangeWorld {
  sim: Exchange365;
  items: ItemBook;
  /** What `onWrite` was told, over all sessions. */
  writes: string[];
  /** @param onWrite in place of noting it in `writes` */
  open(onWrite?: (command: string) => void): Promise<MailSession>;
  /** A request of somebody else (a person, another tool); returns the JSON of the answer. */
  ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Making keys takes longer than most tests. */
let certificates: Promise<Certificates> | undefined;

async function madeOnce(): Promise<Certificates> {
  const dir = await makeTempDir('certificates');
  return createCertificates(dir.path);
}

export async function exchangeWorld(options: Partial<Exchange365Options> = {}): Promise<ExchangeWorld> {
  const dir = await makeTempDir('exchange');
  certificates ??= madeOnce();
  const shown = await certificates;
  const sim = await startExchange({ dir: dir.path, certificates: shown, users: [USER], ...options });
  const ca = await readFile(sim.caFile, 'utf8');
  const items = itemBookInMemory();
  const writes: string[] = [];
  const service = graphService({
    server: 'new',
    graphUrl: sim.graphUrl,
    tokens: givenToken(async () => sim.token()),
    governor: fourAtOnce(),
    ca,
  });
  const account = exchangeAccount({
    server: 'new',
    user: USER,
    service,
    items,
    writer: { writer: 'auto', imap: null, importMimeProof: null, tempDir: dir.path },
    messageLimit: 35_000_000,
    onWait: () => undefined,
  });
  const somebody = service.mailbox(USER, {
    signal: new AbortController().signal,
    onWait: () => undefined,
    onWrite: () => undefined,
  });
  return {
    sim,
    items,
    writes,
    open: (onWrite = (command) => void writes.push(command)) => account.open(new AbortController().signal, onWrite),
    ask: async (method, path, body) => {
      if (method !== 'GET' && method !== 'POST' && method !== 'PATCH' && method !== 'DELETE') throw new Error(method);
      const answer = await somebody.send({
        method,
        path: `/users/${USER}${path}`,
        repeat: 'safe',
        ...(body === undefined ? {} : { body }),
      });
      return typeof answer.body === 'object' && answer.body !== null ? { ...answer.body } : {};
    },
    stop: async () => {
      await service.close();
      await sim.stop();
      await dir.remove();
    },
  };
}

/** The least a governor has to do: Exchange refuses a fifth request. */
function fourAtOnce(): RequestGovernor {
  let free = 4;
  const waiting: { wanted: number; go: () => void }[] = [];
  const next = (): void => {
    for (let first = waiting[0]; first !== undefined && first.wanted <= free; first = waiting[0]) {
      waiting.shift();
      free -= first.wanted;
      first.go();
    }
  };
  return {
    request: async (_login, _bytes, _wait, requests = 1) => {
      const wanted = Math.min(4, requests);
      await new Promise<void>((go) => {
        waiting.push({ wanted, go: () => go() });
        next();
      });
      return () => {
        free += wanted;
        next();
      };
    },
    pause: () => undefined,
    reducedTo: () => null,
  };
}

export interface GivenMessage {
  /** Well-known name or id. Default the inbox. */
  folder?: string;
  /** RFC 3339. */
  received?: string;
  key?: string;
  /** More of the JSON of the create. */
  message?: Record<string, unknown>;
  properties?: { id: string; value: string }[];
}

/** A message that is there already; returns its id. */
export async function give({ ask }: ExchangeWorld, given: GivenMessage = {}): Promise<string> {
  const { folder = 'inbox', received = '2026-11-01T10:00:00Z', key, message, properties = [] } = given;
  const created = await ask('POST', `/mailFolders/${folder}/messages`, {
    subject: 'hello',
    ...message,
    singleValueExtendedProperties: [
      { id: MESSAGE_FLAGS, value: '4' },
      { id: DELIVERY_TIME, value: received },
      ...(key === undefined ? [] : [{ id: MIGRATION_KEY, value: key }]),
      ...properties,
    ],
  });
  return String(created.id);
}
