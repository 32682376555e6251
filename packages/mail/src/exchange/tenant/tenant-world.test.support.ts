import { readFile } from 'node:fs/promises';
import {
  type Certificates,
  createCertificates,
  type Exchange365,
  type Exchange365Options,
  makeTempDir,
  startExchange,
} from '@mxodus/lab';
import type { MailTenant } from '@mxodus/model';
import { graphService } from '../graph/graph-service.ts';
import { exchangeTenant } from './exchange-tenant.ts';
import { publicFetch } from './public-fetch.ts';

/** A simulated Microsoft 365, and the tenant under test. */
export interface TenantWorld {
  sim: Exchange365;
  tenant: MailTenant;
  /** What the tenant waited for; milliseconds; the clock of the service went on by as much. */
  slept: number[];
  /** Public metadata by address, in place of what the service has. */
  published: Map<string, { status: number; body: unknown }>;
  /** Requests that change something. */
  writes(): string[];
  /** Names of the folders beside the inbox, hidden ones too. */
  folders(user: string): string[];
  stop(): Promise<void>;
}

let certificates: Promise<Certificates> | undefined;

async function madeOnce(): Promise<Certificates> {
  const dir = await makeTempDir('certificates');
  return createCertificates(dir.path);
}

export async function tenantWorld(
  options: Partial<Exchange365Options> = {},
  over: { importsMime?: boolean } = {},
): Promise<TenantWorld> {
  const dir = await makeTempDir('tenant');
  certificates ??= madeOnce();
  const sim = await startExchange({
    dir: dir.path,
    certificates: await certificates,
    users: ['ann@contoso.example'],
    ...options,
  });
  const ca = await readFile(sim.caFile, 'utf8');
  const { signal } = new AbortController();
  const free = { request: async () => () => undefined, pause: () => undefined, reducedTo: () => null };
  const tokens = { token: async () => sim.token(), another: async () => sim.token() };
  const service = graphService({ server: 'm365', graphUrl: sim.graphUrl, tokens, governor: free, ca });
  const use = { signal, onWait: () => undefined, onWrite: () => undefined };
  const slept: number[] = [];
  const published: TenantWorld['published'] = new Map();
  const fetchPublic = publicFetch({ ca, timeoutMs: 5000, signal });
  const tenant = exchangeTenant({
    server: 'm365',
    tenant: sim.tenant,
    authority: sim.authority,
    graph: (user) => (user === null ? service.tenant(use) : service.mailbox(user, use)),
    token: { graph: async () => sim.token() },
    importsMime: over.importsMime ?? false,
    fetchPublic: async (url) => published.get(url) ?? fetchPublic(url),
    sleep: async (ms) => {
      slept.push(ms);
      sim.clock.advance(ms / 1000);
    },
    now: () => sim.world.now(),
  });
  return {
    sim,
    tenant,
    slept,
    published,
    writes: () => sim.journal.flatMap(({ method, path }) => (method === 'GET' ? [] : [`${method} ${path}`])),
    folders: (user) => {
      const store = sim.world.mailboxes.get(sim.world.userOf(user)?.id ?? '');
      return [...(store?.folders.known('msgfolderroot').children.values() ?? [])].map(({ displayName }) => displayName);
    },
    stop: async () => {
      await service.close();
      await sim.stop();
      await dir.remove();
    },
  };
}
