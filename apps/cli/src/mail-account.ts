import { resolve } from 'node:path';
import {
  appGrant,
  givenToken,
  grantedToken,
  type ImapAuth,
  imapAccount,
  refreshGrant,
  serviceAccountGrant,
  type TokenSource,
} from '@mxodus/mail';
import {
  type ImapAuthConfig,
  type ImapServerConfig,
  type MailAccount,
  MxodusError,
  portOf,
  type Secret,
} from '@mxodus/model';
import { resolveSecret } from './config/secrets.ts';

/** Whose account; `password` is null where the server's own sign-in is used. */
export interface AccountOf {
  server: string;
  user: string;
  password: Secret | null;
}

/** Makes accounts from the config. Access tokens are kept as long as it is: one for each who signs in with it. */
export function mailAccounts(baseDir: string): (of: AccountOf, config: ImapServerConfig) => MailAccount {
  const tokens = new Map<string, TokenSource>();
  return (of, config) => {
    const { host, tls, ca, compress, timeout } = config;
    return imapAccount({
      server: of.server,
      host,
      port: portOf(config),
      tls,
      ...(ca === undefined ? {} : { ca: resolve(baseDir, ca) }),
      user: of.user,
      auth: imapAuth(config.auth, of, { baseDir, tokens }),
      compress,
      timeoutMs: timeout,
    });
  };
}

interface Setting {
  baseDir: string;
  tokens: Map<string, TokenSource>;
}

function imapAuth(auth: ImapAuthConfig, of: AccountOf, setting: Setting): ImapAuth {
  const { baseDir } = setting;
  const own = once(() => ownSecret(of, 'password', baseDir));
  switch (auth.method) {
    case 'login':
      return { method: 'login', password: own };
    case 'plain': {
      const { user, password } = auth;
      if (user === undefined || password === undefined) return { method: 'plain', password: own };
      return { method: 'plain', admin: user, password: once(() => resolveSecret(password, baseDir)) };
    }
    case 'master': {
      const { user, separator, password } = auth;
      return { method: 'master', user, separator, password: once(() => resolveSecret(password, baseDir)) };
    }
    case 'xoauth2':
      return { method: 'xoauth2', tokens: tokensFor(auth, of, setting) };
  }
}

type TokenAuth = Extract<ImapAuthConfig, { method: 'xoauth2' }>;

function tokensFor(auth: TokenAuth, of: AccountOf, { baseDir, tokens }: Setting): TokenSource {
  // A token that is for the whole server has one holder: a refresh token may be good for one use only.
  const shared = auth.app !== undefined || auth.refresh?.refresh_token !== undefined || auth.token !== undefined;
  const key = shared ? of.server : `${of.server}\0${of.user}`;
  const known = tokens.get(key);
  if (known !== undefined) return known;
  const made = tokenSource(auth, of, baseDir);
  tokens.set(key, made);
  return made;
}

function tokenSource({ token, refresh, app, service_account }: TokenAuth, of: AccountOf, baseDir: string): TokenSource {
  const reading = (secret: Secret) => () => resolveSecret(secret, baseDir);
  if (token !== undefined) return givenToken(reading(token));
  if (refresh !== undefined) {
    const { token_url: tokenUrl, client_id: clientId, client_secret: secret, refresh_token: own, scope } = refresh;
    return grantedToken(
      refreshGrant({
        tokenUrl,
        clientId,
        ...(secret === undefined ? {} : { clientSecret: reading(secret) }),
        refreshToken: own === undefined ? () => ownSecret(of, 'refresh token', baseDir) : reading(own),
        ...(scope === undefined ? {} : { scope }),
      }),
    );
  }
  if (app !== undefined) {
    const { authority, tenant, client_id: clientId, credential } = app;
    const proof =
      'secret' in credential
        ? { secret: reading(credential.secret) }
        : { certificate: reading({ file: credential.certificate }), key: reading(credential.key) };
    return grantedToken(appGrant({ authority, tenant, clientId, credential: proof }));
  }
  if (service_account !== undefined) {
    return grantedToken(serviceAccountGrant({ keyFile: reading(service_account.key_file), user: of.user }));
  }
  throw new MxodusError('CONFIG_INVALID', {
    what: `server "${of.server}" signs in by xoauth2 and says not how to get a token`,
    why: 'none of `token`, `refresh`, `app` and `service_account` is there',
    advice: 'add one of them to `auth`',
  });
}

async function ownSecret(of: AccountOf, what: 'password' | 'refresh token', baseDir: string): Promise<string> {
  if (of.password !== null) return resolveSecret(of.password, baseDir);
  throw new MxodusError('SECRET_MISSING', {
    what: `there is no ${what} for user ${of.user} of server "${of.server}"`,
    why: 'the config names none, and the server has no sign-in for all',
    advice: 'give the mailbox a `password: { env: NAME }`, or the server an `auth: { method: master, … }`',
  });
}

/** A secret is read when it is first needed, and once. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
