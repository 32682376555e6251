import type { CertificateFiles } from '../certificates.ts';
import { createAccessTokens } from '../exchange/sign-in/access-tokens.ts';
import { createSignIn, type SignInApp } from '../exchange/sign-in/sign-in.ts';
import { type ApiCall, type ApiReply, type ApiServer, type Handled, startApiServer } from './api-server.ts';
import { AzureError, isAzureType, putRecordSet, recordSetBody } from './azure-records.ts';
import { parseJson } from './shapes.ts';
import type { SimZone } from './sim-zone.ts';

export interface AzureApiOptions {
  zone: SimZone;
  subscription: string;
  resourceGroup: string;
  tenant: string;
  app: SignInApp;
  /** The sign-in service is HTTPS only. */
  certificate: CertificateFiles;
  /** The role of the app; DNS Zone Contributor is the default. */
  role?: AzureRole;
}

export interface AzureRole {
  actions: readonly string[];
  notActions?: readonly string[];
}

export interface AzureApi extends ApiServer {
  zone: SimZone;
  /** Tokens given so far are good no more. */
  revokeTokens(): void;
}

export const DNS_ZONE_CONTRIBUTOR: AzureRole = {
  actions: ['Microsoft.Authorization/*/read', 'Microsoft.Network/dnsZones/*', 'Microsoft.Resources/deployments/*'],
};
export const AZURE_READER: AzureRole = { actions: ['*/read'] };

const VERSIONS = ['2018-05-01', '2023-07-01-preview'];

/** Azure DNS by Azure Resource Manager, and the sign-in service before it, as documented in 2026-11. */
export async function startAzureApi(options: AzureApiOptions): Promise<AzureApi> {
  const { zone, tenant, app, certificate } = options;
  let origin = '';
  const now = () => new Date();
  const tokens = createAccessTokens({
    issuer: `https://sts.windows.net/${tenant}/`,
    tenant,
    clientId: app.clientId,
    lifetimeSeconds: () => 3599,
    now,
  });
  const judged = (call: ApiCall): Handled => {
    const url = new URL(call.url.pathname + call.url.search, origin);
    const signIn = createSignIn({
      origin,
      tenant,
      holderOf: () => undefined,
      app,
      tokens,
      rolesFor: (audience) => (audience === origin ? [] : undefined),
      now,
    });
    const signedIn = signIn(call.method, url, Buffer.from(call.body));
    if (signedIn !== null) return { status: signedIn.status, body: JSON.stringify(signedIn.body ?? {}) };
    try {
      checkToken(call, tokens.verify, origin);
      return route(call, options);
    } catch (error) {
      if (error instanceof AzureError) return failed(error);
      throw error;
    }
  };
  const isWrite = ({ method }: ApiCall): boolean => method === 'PUT' || method === 'DELETE';
  const server = await startApiServer(judged, { certificate, isWrite });
  origin = server.url;
  return { ...server, zone, revokeTokens: () => tokens.revokeAll() };
}

function checkToken(
  { headers }: ApiCall,
  verify: ReturnType<typeof createAccessTokens>['verify'],
  origin: string,
): void {
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (token === undefined)
    throw new AzureError(
      401,
      'AuthenticationFailed',
      "Authentication failed. The 'Authorization' header is missing.",
      true,
    );
  const facts = verify(token);
  if (facts === 'expired')
    throw new AzureError(401, 'ExpiredAuthenticationToken', 'The access token expiry is in the past.', true);
  if (facts === 'malformed')
    throw new AzureError(401, 'InvalidAuthenticationToken', 'The access token is invalid.', true);
  if (facts.audience !== origin)
    throw new AzureError(
      401,
      'InvalidAuthenticationTokenAudience',
      'The access token has been obtained for wrong audience.',
      true,
    );
}

function route(call: ApiCall, options: AzureApiOptions): Handled {
  const { method, url } = call;
  const { subscription, resourceGroup, zone } = options;
  const [, first, sub, second, group, third, provider, kind, zoneName, ...rest] = decodeURIComponent(
    url.pathname,
  ).split('/');
  const isDnsZone =
    [first, second, third, provider, kind].join('/').toLowerCase() ===
    'subscriptions/resourcegroups/providers/microsoft.network/dnszones';
  if (!isDnsZone) throw new AzureError(404, 'InvalidResourceType', 'The resource type could not be found.', true);
  if (sub !== subscription)
    throw new AzureError(404, 'SubscriptionNotFound', `The subscription '${sub}' could not be found.`, true);
  if (group?.toLowerCase() !== resourceGroup.toLowerCase())
    throw new AzureError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`, true);
  if (zoneName?.toLowerCase() !== zone.name) {
    throw new AzureError(
      404,
      rest.length === 0 ? 'ResourceNotFound' : 'ParentResourceNotFound',
      `The Resource 'Microsoft.Network/dnsZones/${zoneName}' under resource group '${group}' was not found.`,
      true,
    );
  }
  const role = options.role ?? DNS_ZONE_CONTRIBUTOR;
  if (rest.join('/').toLowerCase() === 'providers/microsoft.authorization/permissions') {
    checkVersion(url, ['2022-04-01']);
    checkRole(role, 'Microsoft.Authorization/permissions/read');
    return ok({ value: [{ actions: role.actions, notActions: role.notActions ?? [] }] });
  }
  checkVersion(url, VERSIONS);
  if (rest.length === 0 && method === 'GET') {
    checkRole(role, 'Microsoft.Network/dnsZones/read');
    return ok({
      id: url.pathname,
      name: zone.name,
      type: 'Microsoft.Network/dnszones',
      location: 'global',
      properties: { zoneType: 'Public' },
    });
  }
  const [type = '', relative = ''] = rest;
  if (rest.length !== 2 || !isAzureType(type.toUpperCase()))
    throw new AzureError(404, 'InvalidResourceType', `The resource type '${type}' could not be found.`, true);
  if (type.toUpperCase() === 'TLSA' && url.searchParams.get('api-version') !== '2023-07-01-preview') {
    throw new AzureError(
      400,
      'NoRegisteredProviderFound',
      `No registered resource provider found for 'dnszones/TLSA'.`,
      true,
    );
  }
  const verb = { GET: 'read', PUT: 'write', DELETE: 'delete' }[method];
  if (verb === undefined) throw new AzureError(405, 'MethodNotAllowed', method, true);
  checkRole(role, `Microsoft.Network/dnsZones/${type}/${verb}`);
  const name = relative === '@' ? zone.name : `${relative.toLowerCase()}.${zone.name}`;
  return recordSet(call, options, { name, type: type.toUpperCase() });
}

function recordSet(
  { method, url, headers, body }: ApiCall,
  { zone, resourceGroup }: AzureApiOptions,
  { name, type }: { name: string; type: string },
): Handled {
  const exists = zone.of(name, type).length > 0;
  const shown = (status: number): ApiReply => ({
    status,
    body: JSON.stringify(recordSetBody(zone, name, type, url.pathname)),
  });
  if (method === 'GET') {
    if (exists) return shown(200);
    throw new AzureError(
      404,
      'NotFound',
      `The resource record '${name}' does not exist in resource group '${resourceGroup}'.`,
    );
  }
  const [match, noneMatch] = [headers['if-match'], headers['if-none-match']];
  if (noneMatch === '*' && exists) throw stale(`The condition '*' in the If-None-Match header was not satisfied.`);
  if (match !== undefined && (!exists || match !== zone.etag(name, type))) {
    throw stale(
      `The condition '${match}' in the If-Match header was not satisfied. The current was '${exists ? zone.etag(name, type) : 'NULL'}'.`,
    );
  }
  if (method === 'DELETE') {
    if (!exists) return { status: 204 };
    const left = zone.records().filter((record) => record.name !== name || record.type !== type);
    return { reply: () => ({ status: 200 }), commit: () => zone.commit(left) };
  }
  const records = putRecordSet(zone, name, type, parseJson(body));
  return { reply: () => shown(exists ? 200 : 201), commit: () => zone.commit(records) };
}

const stale = (words: string): AzureError => new AzureError(412, 'PreconditionFailed', words);

function checkVersion({ searchParams }: URL, versions: readonly string[]): void {
  const version = searchParams.get('api-version');
  if (version === null)
    throw new AzureError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
      true,
    );
  if (!versions.includes(version) || searchParams.size > 1)
    throw new AzureError(400, 'InvalidApiVersionParameter', `The api-version '${version}' is invalid.`, true);
}

function checkRole({ actions, notActions = [] }: AzureRole, action: string): void {
  const fits = (pattern: string): boolean =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 'i').test(action);
  if (actions.some(fits) && !notActions.some(fits)) return;
  throw new AzureError(
    403,
    'AuthorizationFailed',
    `The client '00000000-0000-0000-0000-000000000001' does not have authorization to perform action '${action}' over the scope or the scope is invalid.`,
    true,
  );
}

const ok = (body: unknown): ApiReply => ({ status: 200, body: JSON.stringify(body) });

const failed = ({ status, code, message, enveloped }: AzureError): ApiReply => ({
  status,
  body: JSON.stringify(enveloped ? { error: { code, message } } : { code, message }),
});
