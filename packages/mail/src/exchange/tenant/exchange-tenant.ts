import type { Fact, MailTenant, TenantDomain } from '@mxodus/model';
import { z } from 'zod';
import { type Graph, GraphDoubt, GraphRefusal } from '../graph/graph.ts';
import { HttpsFailure } from '../graph/https-pool.ts';
import { doubtToError, type RefusalContext, refusalToError } from '../graph/refusal-to-error.ts';
import { known, unknown } from './ask.ts';
import { lookAtDomain, serviceRecordsOf } from './domains.ts';
import { licencesOf } from './licences.ts';
import { lookAtMailbox } from './mailbox.ts';
import { permissionsOf, rolesOfToken } from './permissions.ts';
import { probeMailbox } from './probe.ts';
import { usageReport } from './usage-report.ts';

export interface ExchangeTenantOptions {
  /** Its name in the config. */
  server: string;
  tenant: string;
  /** The sign-in service: https://login.microsoftonline.com */
  authority: string;
  /** Requests about one user's mailbox; null: about the tenant. */
  graph(user: string | null): Graph;
  /** Access tokens; only their roles are read. `imap` is left out where IMAP is not set up. */
  token: { graph(): Promise<string>; imap?: () => Promise<string> };
  /** Messages are written by importMime. */
  importsMime: boolean;
  /** GET without any sign-in; the body as JSON, null where it is none. */
  fetchPublic(url: string): Promise<{ status: number; body: unknown }>;
  sleep(ms: number): Promise<void>;
  now(): Date;
}

/** Microsoft 365 as the runner asks it. The usage report is asked for once and kept. */
export function exchangeTenant(options: ExchangeTenantOptions): MailTenant {
  const { server, tenant, graph } = options;
  const directory = graph(null);
  const usage = usageReport(directory);
  const holder = (domain: string): Promise<Fact<string | null>> => elsewhere(domain, options);
  return {
    server,
    tenant,
    permissions: () => permissions(options),
    mailbox: (user) =>
      told({ server, user, doing: 'say whether the mailbox is there' }, () =>
        lookAtMailbox({ user, mailbox: graph(user), directory, usage }),
      ),
    domains: (names) =>
      told({ server, user: null, doing: 'tell its domains', permission: 'Domain.Read.All' }, async () => {
        const found: TenantDomain[] = [];
        for (const name of names) found.push(await lookAtDomain({ graph: directory, holder }, name));
        return found;
      }),
    serviceRecords: (domain) =>
      told({ server, user: null, doing: `tell the records of ${domain}`, permission: 'Domain.Read.All' }, () =>
        serviceRecordsOf(directory, domain),
      ),
    licences: () =>
      told({ server, user: null, doing: 'tell its licences', permission: 'Organization.Read.All' }, () =>
        licencesOf(directory),
      ),
    probe: (user, writer) =>
      told({ server, user, doing: 'try a test message' }, () =>
        probeMailbox({ graph: graph(user), user, writer, sleep: options.sleep, now: options.now }),
      ),
  };
}

/** What nobody expected to be refused or left in doubt, as trouble a person can act on. */
async function told<T>(context: RefusalContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GraphRefusal) throw refusalToError(error, context);
    if (error instanceof GraphDoubt) throw doubtToError(error, context);
    throw error;
  }
}

async function permissions({ token, importsMime }: ExchangeTenantOptions): ReturnType<MailTenant['permissions']> {
  const graph = rolesOfToken(await token.graph());
  return permissionsOf({
    graph,
    importsMime,
    ...(token.imap === undefined ? {} : { imap: rolesOfToken(await token.imap()) }),
  });
}

/** null: no tenant holds it, or this one does. */
async function elsewhere(domain: string, options: ExchangeTenantOptions): Promise<Fact<string | null>> {
  const holder = await holderOf(domain, options);
  if (!holder.known || holder.value === null) return holder;
  const { tenant } = options;
  const own = GUID.test(tenant) ? known(tenant.toLowerCase()) : await holderOf(tenant, options);
  return own.known && own.value === holder.value ? known(null) : holder;
}

const metadataSchema = z.object({ issuer: z.string() });

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/**
 * Which tenant holds a domain: the sign-in service publishes its metadata (OpenID Connect Discovery) under each domain that is verified
 * anywhere, and answers 400 for others.
 */
async function holderOf(domain: string, options: ExchangeTenantOptions): Promise<Fact<string | null>> {
  const path = `/${encodeURIComponent(domain)}/v2.0/.well-known/openid-configuration`;
  const answer = await options.fetchPublic(options.authority.replace(/\/$/, '') + path).catch((error: unknown) => {
    if (error instanceof HttpsFailure) return null;
    throw error;
  });
  if (answer === null) return unknown('the sign-in service did not answer');
  const { status, body } = answer;
  if (status === 400 || status === 404) return known(null);
  const metadata = metadataSchema.safeParse(body);
  const tenant = status === 200 && metadata.success ? GUID.exec(metadata.data.issuer)?.[0] : undefined;
  return tenant === undefined ? unknown(`the sign-in service answered ${status}`) : known(tenant.toLowerCase());
}
