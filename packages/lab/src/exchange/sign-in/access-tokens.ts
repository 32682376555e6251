import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Access tokens of the shape Entra gives (RFC 7519); only this service can make them. */
export interface AccessTokens {
  /** `audience` as in the scope, without "/.default". */
  issue(audience: string, roles: readonly string[]): { token: string; expiresIn: number };
  verify(token: string): TokenFacts | 'malformed' | 'expired';
  /** No token given so far is good any more. */
  revokeAll(): void;
}

export interface TokenFacts {
  audience: string;
  roles: readonly string[];
  clientId: string;
}

export interface TokenIssuer {
  issuer: string;
  tenant: string;
  clientId: string;
  lifetimeSeconds: () => number;
  now: () => Date;
}

const claims = z.object({ aud: z.string(), exp: z.number(), roles: z.array(z.string()).optional(), appid: z.string() });

export function createAccessTokens({ issuer, tenant, clientId, lifetimeSeconds, now }: TokenIssuer): AccessTokens {
  let key = randomBytes(32);
  const signed = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');
  const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    issue(audience, roles) {
      const seconds = Math.floor(now().getTime() / 1000);
      const expiresIn = lifetimeSeconds();
      const payload = {
        aud: audience,
        iss: issuer,
        iat: seconds,
        nbf: seconds,
        exp: seconds + expiresIn,
        appid: clientId,
        idtyp: 'app',
        // Entra leaves the claim out where there is none.
        ...(roles.length > 0 ? { roles } : {}),
        tid: tenant,
        uti: randomUUID(),
        ver: '1.0',
      };
      const text = `${encoded({ typ: 'JWT', alg: 'RS256', kid: 'simulated' })}.${encoded(payload)}`;
      return { token: `${text}.${signed(text)}`, expiresIn };
    },
    verify(token) {
      const [head, payload, signature, ...more] = token.split('.');
      if (head === undefined || payload === undefined || signature === undefined || more.length > 0) return 'malformed';
      const [given, right] = [Buffer.from(signature), Buffer.from(signed(`${head}.${payload}`))];
      if (given.length !== right.length || !timingSafeEqual(given, right)) return 'malformed';
      const { aud, exp, roles = [], appid } = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
      if (now().getTime() >= exp * 1000) return 'expired';
      return { audience: aud, roles, clientId: appid };
    },
    revokeAll: () => {
      key = randomBytes(32);
    },
  };
}
