import { createPrivateKey, type KeyObject, randomUUID, sign, X509Certificate } from 'node:crypto';
import { MxodusError } from '@mxodus/model';

/** JSON Web Tokens (RFC 7519) that prove who asks for an access token (RFC 7523). */
export interface Assertion {
  /** Who signs. */
  issuer: string;
  /** Who the access token is for. */
  subject: string;
  /** The token endpoint. */
  audience: string;
  claims?: Readonly<Record<string, string>>;
  /** Names the key: `kid`, `x5t#S256`. */
  header: Readonly<Record<string, string>>;
  key: KeyObject;
  /** Milliseconds since the epoch. */
  now: number;
}

const LIFETIME_S = 600;

/** Signed with RS256, which both Google and Microsoft take. */
export function signedAssertion({ issuer, subject, audience, claims, header, key, now }: Assertion): string {
  const seconds = Math.floor(now / 1000);
  const payload = {
    ...claims,
    iss: issuer,
    sub: subject,
    aud: audience,
    iat: seconds,
    exp: seconds + LIFETIME_S,
    jti: randomUUID(),
  };
  const text = [{ alg: 'RS256', typ: 'JWT', ...header }, payload]
    .map((part) => base64url(JSON.stringify(part)))
    .join('.');
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}

/** @param what names the key in the error; nothing of the key does */
export function rsaKey(pem: string, what: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // The reason may quote the key.
  }
  throw new MxodusError('CONFIG_INVALID', {
    what: `${what} is not a private RSA key in PEM`,
    why: 'assertions are signed with RS256',
    advice: 'give the key itself ("BEGIN PRIVATE KEY"), without a passphrase',
  });
}

/** SHA-256 of the certificate, which is how Microsoft Entra finds it. */
export function thumbprint(pem: string): string {
  try {
    return Buffer.from(new X509Certificate(pem).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  } catch (error) {
    throw new MxodusError('CONFIG_INVALID', {
      what: 'the certificate of `auth.app.credential` cannot be read',
      why: error instanceof Error ? error.message : String(error),
      advice: 'give the PEM file ("BEGIN CERTIFICATE") that was uploaded to the app registration',
    });
  }
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
