import { ConfidentialClientApplication, LogLevel } from '@azure/msal-node';
import { MxodusError } from '@mxodus/model';
import { type GrantedToken, grantedToken, type TokenSource } from '../../auth/token-source.ts';
import { fieldOf, shown, textOf } from '../graph/answers.ts';
import { HttpsPool } from '../graph/https-pool.ts';
import { retryAfterMs } from '../graph/retry-after.ts';
import { connectionTrouble } from '../graph/trouble.ts';
import { type AppCredential, readCredential } from './app-credential.ts';
import { signInRefused } from './sign-in-errors.ts';
import { type SignInAnswer, SignInNetwork } from './sign-in-network.ts';

export interface AppTokensOptions {
  /** The tenant id of Microsoft Entra. */
  tenant: string;
  clientId: string;
  /** Read anew for every token, and kept nowhere. Certificate and key are PEM text. */
  credential: AppCredential;
  /** Of the sign-in service, without the tenant: https://login.microsoftonline.com */
  authority: string;
  /** What the token is for: https://graph.microsoft.com, or https://outlook.office365.com for IMAP. Asked for as `{resource}/.default`. */
  resource: string;
  /** PEM text of the authority to trust instead of the system ones. */
  ca?: string;
  /** How long an answer is waited for; milliseconds. */
  timeoutMs?: number;
  /** The wall clock, by which a certificate is expired. */
  now?: () => Date;
}

/** One access token for all mailboxes of a tenant; `another` is the refresh after a 401. */
export interface AppTokens extends TokenSource {
  /**
   * The application permissions in the token, a hint only: a role that is missing here may be given by RBAC for Applications. null:
   * the token does not tell.
   */
  roles(signal: AbortSignal): Promise<readonly string[] | null>;
}

const TIMEOUT_MS = 30_000;

/** Hosts msal knows; of any other one it would ask login.microsoftonline.com first. */
const MICROSOFT =
  /(^|\.)(microsoftonline\.(com|us|cn)|microsoft\.com|windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|sovcloud-identity\.[a-z]+)$/;

/**
 * Microsoft's app-only sign-in (client credentials) by msal. The token is kept until five minutes before its end, or half its life
 * when that is short, and asked for once, however many want it.
 *
 * @throws MxodusError from its methods: AUTH_FAILED with the admin step that is missing · CONFIG_INVALID · SERVER_UNREACHABLE ·
 * SERVER_BUSY · SERVER_TIMEOUT · CONNECTION_LOST · TLS_CERTIFICATE · TLS_FAILED · SERVER_ANSWER
 */
export function appTokens(options: AppTokensOptions): AppTokens {
  const { ca, timeoutMs = TIMEOUT_MS } = options;
  const pool = new HttpsPool({ ...(ca === undefined ? {} : { ca }), connections: 2, timeoutMs });
  const source = grantedToken(() => grant(options, pool));
  return {
    token: (signal) => source.token(signal),
    another: (refused, signal) => source.another(refused, signal),
    roles: async (signal) => rolesIn(await source.token(signal)),
  };
}

async function grant(options: AppTokensOptions, pool: HttpsPool): Promise<GrantedToken> {
  const { tenant, clientId, credential, resource, now = () => new Date() } = options;
  const authority = new URL(options.authority);
  const where = `app ${clientId} in tenant ${tenant} (${authority.host})`;
  const proof = await readCredential(credential, { now: now(), where });
  const network = new SignInNetwork(pool);
  try {
    const app = new ConfidentialClientApplication({
      auth: {
        clientId,
        authority: `${options.authority.replace(/\/+$/, '')}/${encodeURIComponent(tenant)}`,
        knownAuthorities: MICROSOFT.test(authority.hostname) ? [] : [authority.host],
        ...proof,
      },
      system: {
        networkClient: network,
        disableInternalRetries: true,
        loggerOptions: { loggerCallback: () => undefined, logLevel: LogLevel.Error, piiLoggingEnabled: false },
      },
    });
    const asked = Date.now();
    const result = await app.acquireTokenByClientCredential({ scopes: [`${resource.replace(/\/+$/, '')}/.default`] });
    // RFC 6750 2.1; a token that is none must not get into a header.
    if (result !== null && result.expiresOn !== null && /^[\x21-\x7e]+$/.test(result.accessToken)) {
      return { token: result.accessToken, lifetimeMs: result.expiresOn.getTime() - asked };
    }
  } catch (error) {
    // msal's own error is not kept: it may hold what was sent.
    throw signInTrouble(error, network, { where, host: authority.host });
  }
  throw noToken('the sign-in service gave no usable token', where);
}

function signInTrouble(error: unknown, network: SignInNetwork, place: { where: string; host: string }): MxodusError {
  const { where } = place;
  if (network.failure !== null) return connectionTrouble(network.failure, place);
  const { refusal, secrets } = network;
  if (refusal === null) return noToken(`msal found no way to sign in (${msalCode(error)})`, where);
  const said = shown([refusal.error, refusal.description].filter((text) => text !== '').join(': '), secrets);
  if (refusal.status === 429 || refusal.status >= 500) return busy(refusal, said, where);
  if (refusal.error !== '') return signInRefused(said, where);
  return noToken(`the sign-in service answered with HTTP ${refusal.status} and no OAuth2 error`, where);
}

function busy({ status, headers }: SignInAnswer, said: string, where: string): MxodusError {
  const words = `HTTP ${status}${said === '' ? '' : ` ${said}`}`;
  return new MxodusError('SERVER_BUSY', {
    what: `the sign-in service would not answer yet: ${words}`,
    why: 'it is busy, or was asked too often',
    advice: 'the same command later; what is done is kept',
    where,
    hint: { scope: 'host', kind: 'pause', pauseMs: retryAfterMs(headers, Date.now()), words },
  });
}

const noToken = (what: string, where: string): MxodusError =>
  new MxodusError('SERVER_ANSWER', {
    what,
    why: 'the address is not that of a Microsoft sign-in service, or something on the way changes what it answers',
    advice: 'check `authority` and `tenant` of the server in the config',
    where,
  });

/** "endpoints_resolution_error": a word of msal's, nothing of the request. */
const msalCode = (error: unknown): string => {
  const code = textOf(fieldOf(error, 'errorCode'));
  return /^[a-z0-9_]{1,60}$/.test(code) ? code : 'no reason given';
};

/** The claims of a JSON Web Token are readable to whom it is not for; Microsoft may change that any day. */
function rolesIn(token: string): readonly string[] | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const roles = fieldOf(claims, 'roles');
    if (roles === undefined && typeof claims === 'object') return [];
    return Array.isArray(roles) ? roles.filter((role): role is string => typeof role === 'string') : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
