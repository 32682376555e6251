import { createHash, timingSafeEqual } from 'node:crypto';
import type { SimAnswer } from '../route.ts';
import type { AccessTokens } from './access-tokens.ts';
import { checkAssertion } from './client-assertion.ts';
import { SignInError, signInAnswer } from './sign-in-error.ts';

export interface SignInApp {
  clientId: string;
  secret: string;
  secretExpires?: Date;
  /** PEM. */
  certificate?: string;
}

export interface SignInOptions {
  /** https://localhost:PORT */
  origin: string;
  tenant: string;
  /** The tenant that holds a domain: its metadata is published under the domain's name too. undefined: none does. */
  holderOf: (domain: string) => string | undefined;
  app: SignInApp;
  tokens: AccessTokens;
  /** By audience; undefined: no such resource. */
  rolesFor: (audience: string) => readonly string[] | undefined;
  now: () => Date;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The endpoints of Entra ID that client credentials (RFC 6749 4.4) need. null: not its path. */
export function createSignIn(options: SignInOptions) {
  const { origin, tenant, holderOf, now } = options;
  return (method: string, url: URL, body: Buffer): SimAnswer | null => {
    const [asked = '', ...rest] = decodeURIComponent(url.pathname).slice(1).split('/');
    const path = rest.join('/');
    const isDiscovery = path === 'v2.0/.well-known/openid-configuration';
    if (!isDiscovery && path !== 'oauth2/v2.0/token') return null;
    if (method !== (isDiscovery ? 'GET' : 'POST'))
      return { status: 405, headers: { allow: isDiscovery ? 'GET' : 'POST' } };
    const form = new URLSearchParams(body.toString());
    try {
      const holder = isDiscovery ? holderOf(asked.toLowerCase()) : undefined;
      if (holder !== undefined) return { status: 200, body: discovery(`${origin}/${holder}`) };
      if (asked.toLowerCase() !== tenant.toLowerCase()) throw unknownTenant(asked, isDiscovery);
      return isDiscovery ? { status: 200, body: discovery(`${origin}/${tenant}`) } : grant(form, options);
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      return signInAnswer(error, now(), url.searchParams.get('client-request-id') ?? form.get('client-request-id'));
    }
  };
}

function discovery(base: string): Record<string, unknown> {
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_types_supported: ['code', 'token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    tenant_region_scope: 'EU',
  };
}

function grant(form: URLSearchParams, options: SignInOptions): SimAnswer {
  const { app, tenant, tokens } = options;
  const type = required(form, 'grant_type');
  if (type !== 'client_credentials') {
    throw new SignInError(
      400,
      'unsupported_grant_type',
      70_003,
      `The app requested an unsupported grant type '${type}'.`,
    );
  }
  const client = required(form, 'client_id');
  if (client.toLowerCase() !== app.clientId.toLowerCase()) {
    throw new SignInError(
      400,
      'unauthorized_client',
      700_016,
      `Application with identifier '${client}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    );
  }
  const scope = required(form, 'scope');
  // MSAL adds the scopes of people's sign-ins to none of these, so one is all there is.
  if (scope.includes(' ') || !scope.endsWith('/.default')) {
    throw new SignInError(
      400,
      'invalid_scope',
      1_002_012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  }
  const audience = scope.slice(0, -'/.default'.length);
  const roles = options.rolesFor(audience);
  if (roles === undefined) {
    throw new SignInError(
      400,
      'invalid_resource',
      500_011,
      `The resource principal named ${audience} was not found in the tenant named ${tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
    );
  }
  checkCredential(form, options);
  const { token, expiresIn } = tokens.issue(audience, roles);
  return {
    status: 200,
    headers: { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' },
    body: { token_type: 'Bearer', expires_in: expiresIn, ext_expires_in: expiresIn, access_token: token },
  };
}

function checkCredential(form: URLSearchParams, { app, origin, tenant, now }: SignInOptions): void {
  const assertion = form.get('client_assertion');
  if (assertion !== null) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
      throw new SignInError(401, 'invalid_client', 50_027, "The 'client_assertion_type' is not supported.");
    }
    const base = `${origin}/${tenant}`;
    const audiences = [`${base}/oauth2/v2.0/token`, `${base}/v2.0`];
    checkAssertion(assertion, { certificate: app.certificate, clientId: app.clientId, audiences, now: now() });
    return;
  }
  const secret = form.get('client_secret');
  if (secret === null) {
    throw new SignInError(
      401,
      'invalid_client',
      7_000_218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    );
  }
  if (!equalSecrets(secret, app.secret)) {
    throw new SignInError(
      401,
      'invalid_client',
      7_000_215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.clientId}'.`,
    );
  }
  if (app.secretExpires !== undefined && now() >= app.secretExpires) {
    throw new SignInError(
      401,
      'invalid_client',
      7_000_222,
      `The provided client secret keys for app '${app.clientId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
    );
  }
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value !== null && value !== '') return value;
  throw new SignInError(
    400,
    'invalid_request',
    900_144,
    `The request body must contain the following parameter: '${name}'.`,
  );
}

const unknownTenant = (tenant: string, discovery: boolean): SignInError =>
  new SignInError(
    400,
    discovery ? 'invalid_tenant' : 'invalid_request',
    90_002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  );

const equalSecrets = (given: string, right: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(right));
};
