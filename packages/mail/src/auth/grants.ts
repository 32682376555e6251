import { isSafeEndpoint, MxodusError } from '@mxodus/model';
import { rsaKey, signedAssertion, thumbprint } from './signed-assertion.ts';
import { requestToken } from './token-endpoint.ts';
import type { Grant } from './token-source.ts';

/** Read when needed, and kept nowhere. */
type ReadSecret = () => Promise<string>;

export interface RefreshOptions {
  tokenUrl: string;
  clientId: string;
  clientSecret?: ReadSecret;
  refreshToken: ReadSecret;
  scope?: string;
}

/** The refresh_token grant (RFC 6749 6). A refresh token that was replaced is not used again. */
export function refreshGrant(options: RefreshOptions): Grant {
  let latest: string | undefined;
  return async () => {
    const refreshToken = latest ?? (await options.refreshToken());
    const clientSecret = await options.clientSecret?.();
    const answer = await requestToken({
      url: options.tokenUrl,
      fields: {
        grant_type: 'refresh_token',
        client_id: options.clientId,
        refresh_token: refreshToken,
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
        ...(options.scope === undefined ? {} : { scope: options.scope }),
      },
      secrets: [refreshToken, clientSecret ?? ''],
      scope: 'login',
    });
    latest = answer.refreshToken ?? latest;
    return answer;
  };
}

export interface AppOptions {
  /** Of Microsoft Entra. */
  authority: string;
  tenant: string;
  clientId: string;
  credential: { secret: ReadSecret } | { certificate: ReadSecret; key: ReadSecret };
}

const EXCHANGE_SCOPE = 'https://outlook.office365.com/.default';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Microsoft's app-only sign-in: client credentials (RFC 6749 4.4), with a secret or a certificate (RFC 7523). One token for all users. */
export function appGrant(options: AppOptions): Grant {
  const url = `${options.authority.replace(/\/+$/, '')}/${encodeURIComponent(options.tenant)}/oauth2/v2.0/token`;
  return async () => {
    const proof = await proofOf(options, url);
    return requestToken({
      url,
      fields: { grant_type: 'client_credentials', client_id: options.clientId, scope: EXCHANGE_SCOPE, ...proof },
      secrets: Object.values(proof),
      scope: 'host',
    });
  };
}

async function proofOf({ credential, clientId }: AppOptions, audience: string): Promise<Record<string, string>> {
  if ('secret' in credential) return { client_secret: await credential.secret() };
  const [certificate, key] = [await credential.certificate(), await credential.key()];
  const assertion = signedAssertion({
    issuer: clientId,
    subject: clientId,
    audience,
    header: { 'x5t#S256': thumbprint(certificate) },
    key: rsaKey(key, '`auth.app.credential.key`'),
    now: Date.now(),
  });
  return { client_assertion_type: JWT_BEARER, client_assertion: assertion };
}

const GMAIL_SCOPE = 'https://mail.google.com/';

/** Google's domain-wide delegation: a service account's signature stands for the user's consent (RFC 7523 2.1). */
export function serviceAccountGrant(options: { keyFile: ReadSecret; user: string }): Grant {
  return async () => {
    const account = readKeyFile(await options.keyFile());
    const assertion = signedAssertion({
      issuer: account.email,
      subject: options.user,
      audience: account.tokenUrl,
      claims: { scope: GMAIL_SCOPE },
      header: account.keyId === '' ? {} : { kid: account.keyId },
      key: rsaKey(account.key, '`private_key` of `auth.service_account.key_file`'),
      now: Date.now(),
    });
    return requestToken({
      url: account.tokenUrl,
      fields: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
      secrets: [assertion],
      scope: 'login',
    });
  };
}

/** The JSON file that Google Cloud makes for a key of a service account. */
function readKeyFile(text: string): { email: string; key: string; keyId: string; tokenUrl: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The reason may quote the file.
    value = undefined;
  }
  const field = (name: string): string => {
    const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    return typeof found === 'string' ? found : '';
  };
  const account = {
    email: field('client_email'),
    key: field('private_key'),
    keyId: field('private_key_id'),
    tokenUrl: field('token_uri') || 'https://oauth2.googleapis.com/token',
  };
  if (account.email !== '' && account.key !== '' && isSafeEndpoint(account.tokenUrl)) return account;
  throw new MxodusError('CONFIG_INVALID', {
    what: '`auth.service_account.key_file` is not the key file of a service account',
    why: 'it must be JSON with `client_email`, `private_key` and a `token_uri` of https',
    advice: 'make a key of type JSON for the service account, and name that file',
  });
}
