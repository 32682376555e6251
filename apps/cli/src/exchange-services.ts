import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { imapAccount } from '@mxodus/mail';
import type { AppTokens, GraphService, ImportMimeProof } from '@mxodus/mail/exchange';
import {
  type Appender,
  type Config,
  type ExchangeServerConfig,
  type ItemBook,
  invariant,
  type MailAccount,
  type MailTenant,
  type Plan,
  type Wait,
} from '@mxodus/model';
import type { InlineRequestGovernor } from '@mxodus/queue';
import { resolveSecret } from './config/secrets.ts';

type OnWait = (wait: Wait | null) => void;

/** The tenants of the config: one sign-in, one pool of connections and one set of limits each, for all their mailboxes. */
export interface ExchangeServices {
  /** @param items numbers the messages; default: those of the setting */
  account(of: { server: string; user: string }, onWait: OnWait, items?: ItemBook): MailAccount;
  tenant(server: string, signal: AbortSignal, onWait?: OnWait): MailTenant;
  /** What the tenants' importMime was seen to do when the plan was made. */
  believe(plan: Plan): void;
  /** Books what crossed, and ends the connections. */
  close(): Promise<void>;
}

export interface ExchangeSetting {
  baseDir: string;
  /** For attachments on their way. */
  tempFolder: string;
  items: ItemBook;
  governor: InlineRequestGovernor;
}

/** Everything of one tenant. */
interface Service {
  server: string;
  config: ExchangeServerConfig;
  module: typeof import('@mxodus/mail/exchange');
  graph: GraphService;
  tokens: AppTokens;
  imapTokens: AppTokens | null;
  ca: string | undefined;
}

export function exchangeServices({ servers, sync }: Config, setting: ExchangeSetting): ExchangeServices {
  const configs = new Map(
    Object.entries(servers).flatMap(([name, server]) => (server.kind === 'exchange' ? [[name, server] as const] : [])),
  );
  const made = new Map<string, Promise<Service>>();
  const proofs = new Map<string, ImportMimeProof>();
  const service = (server: string): Promise<Service> => {
    const config = configs.get(server);
    invariant(config !== undefined, `server ${server} is of kind exchange`);
    const known = made.get(server) ?? makeService(server, config, setting);
    made.set(server, known);
    return known;
  };
  return {
    account: (of, onWait, items = setting.items) => {
      const make = async () =>
        accountOf(await service(of.server), of.user, {
          ...{ setting, onWait, items },
          proof: proofs.get(of.server) ?? null,
          settleMs: sync.settle,
        });
      return lateAccount(of, make);
    },
    tenant: (server, signal, onWait = () => undefined) => {
      const config = configs.get(server);
      invariant(config !== undefined, `server ${server} is of kind exchange`);
      return lateTenant({ server, tenant: config.tenant }, async () =>
        tenantOf(await service(server), { signal, onWait }),
      );
    },
    believe: ({ tenants = {} }) => {
      for (const [server, { probes }] of Object.entries(tenants)) {
        const proof = probes.map(proofOf).find((one) => one !== null);
        if (proof !== undefined && proof !== null) proofs.set(server, proof);
      }
    },
    close: async () => {
      await setting.governor.close();
      for (const one of made.values()) await (await one).graph.close();
    },
  };
}

/** The arrival of imported messages, as the probe saw it; null: it says nothing about importMime. */
function proofOf({
  writer,
  arrival,
  faults,
}: NonNullable<Plan['tenants']>[string]['probes'][number]): ImportMimeProof | null {
  if (writer !== 'graph-importmime') return null;
  const [isRead, keyAllowed] = [!faults.includes('read'), !faults.includes('key')];
  switch (arrival) {
    case 'received-header':
      return { arrival: 'received', isRead, keyAllowed };
    case 'date-header':
      return { arrival: 'date', isRead, keyAllowed };
    case 'asked-for':
    case 'time-of-writing':
    case 'other':
    case null:
      return null;
  }
}

/** What signs in to Microsoft is loaded when it is first needed: it takes longer than the start of everything else. */
function lateAccount(of: { server: string; user: string }, make: () => Promise<MailAccount>): MailAccount {
  let made: Promise<MailAccount> | undefined;
  const account = (): Promise<MailAccount> => {
    made ??= make();
    return made;
  };
  return {
    ...of,
    open: async (signal, onWrite) => (await account()).open(signal, onWrite),
    openAppender: async (signal, onWrite, mayCommit) => (await account()).openAppender(signal, onWrite, mayCommit),
  };
}

function lateTenant(of: { server: string; tenant: string }, make: () => Promise<MailTenant>): MailTenant {
  let made: Promise<MailTenant> | undefined;
  const tenant = (): Promise<MailTenant> => {
    made ??= make();
    return made;
  };
  return {
    ...of,
    permissions: async () => (await tenant()).permissions(),
    mailbox: async (user) => (await tenant()).mailbox(user),
    domains: async (names) => (await tenant()).domains(names),
    serviceRecords: async (domain) => (await tenant()).serviceRecords(domain),
    licences: async () => (await tenant()).licences(),
    probe: async (user, writer) => (await tenant()).probe(user, writer),
  };
}

async function makeService(server: string, config: ExchangeServerConfig, setting: ExchangeSetting): Promise<Service> {
  const module = await import('@mxodus/mail/exchange');
  const { tenant, client_id: clientId, authority, graph_url: graphUrl, limits } = config;
  const ca = config.ca === undefined ? undefined : await readFile(resolve(setting.baseDir, config.ca), 'utf8');
  const trust = { ...(ca === undefined ? {} : { ca }), timeoutMs: config.timeout };
  const credential = credentialOf(config, setting.baseDir);
  const tokensFor = (resource: string): AppTokens =>
    module.appTokens({ tenant, clientId, credential, authority, resource, ...trust });
  const tokens = tokensFor(new URL(graphUrl).origin);
  const graph = module.graphService({
    server,
    graphUrl,
    tokens,
    governor: setting.governor,
    mailboxes: limits.mailboxes,
    ...trust,
  });
  const imapTokens = config.imap === undefined ? null : tokensFor(imapResource(config.imap.host));
  return { server, config, module, graph, tokens, imapTokens, ca };
}

/** What a token for IMAP is asked for, by cloud. */
function imapResource(host: string): string {
  if (host.endsWith('.us')) return 'https://outlook.office365.us';
  return host.endsWith('.cn') ? 'https://partner.outlook.cn' : 'https://outlook.office365.com';
}

interface AccountParts {
  setting: ExchangeSetting;
  items: ItemBook;
  onWait: OnWait;
  proof: ImportMimeProof | null;
  /** sync.settle */
  settleMs: number;
}

/** Of `sync.settle`: the waits between two looks for a message whose create had no answer. */
const LOOK_SHARES = [1 / 13, 3 / 13, 9 / 13];

function accountOf(
  { server, config, module, graph, imapTokens }: Service,
  user: string,
  { setting, items, onWait, proof, settleMs }: AccountParts,
): MailAccount {
  const { imap } = config;
  return module.exchangeAccount({
    server,
    user,
    service: graph,
    items,
    messageLimit: config.limits.message,
    onWait,
    writer: {
      writer: config.writer,
      importMimeProof: proof,
      tempDir: setting.tempFolder,
      lookDelaysMs: LOOK_SHARES.map((share) => share * settleMs),
      concurrency: config.limits.concurrent_requests,
      imap:
        imap === undefined || imapTokens === null
          ? null
          : (signal, onWrite, mayCommit): Promise<Appender> =>
              imapAccount({
                server,
                ...imap,
                tls: 'implicit',
                ...(config.ca === undefined ? {} : { ca: resolve(setting.baseDir, config.ca) }),
                user,
                auth: { method: 'xoauth2', tokens: imapTokens },
                compress: false,
                timeoutMs: config.timeout,
              }).openAppender(signal, onWrite, mayCommit),
    },
  });
}

function tenantOf(
  { server, config, module, graph, tokens, imapTokens, ca }: Service,
  { signal, onWait }: { signal: AbortSignal; onWait: OnWait },
): MailTenant {
  // The probe writes, and says so itself.
  const use = { signal, onWait, onWrite: () => undefined };
  return module.exchangeTenant({
    server,
    tenant: config.tenant,
    authority: config.authority,
    graph: (user) => (user === null ? graph.tenant(use) : graph.mailbox(user, use)),
    token: {
      graph: () => tokens.token(signal),
      ...(imapTokens === null ? {} : { imap: () => imapTokens.token(signal) }),
    },
    importsMime: config.writer === 'graph-importmime',
    fetchPublic: module.publicFetch({ ...(ca === undefined ? {} : { ca }), timeoutMs: config.timeout, signal }),
    sleep: async (ms) => sleep(ms, undefined, { signal }),
    now: () => new Date(),
  });
}

function credentialOf({ credential }: ExchangeServerConfig, baseDir: string) {
  if ('secret' in credential) return { secret: () => resolveSecret(credential.secret, baseDir) };
  const { certificate, key } = credential;
  return {
    certificate: () => resolveSecret({ file: certificate }, baseDir),
    key: () => resolveSecret(key, baseDir),
  };
}
