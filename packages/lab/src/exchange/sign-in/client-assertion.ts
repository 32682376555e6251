import { constants, createHash, verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { SignInError } from './sign-in-error.ts';

const header = z.object({ alg: z.string(), x5t: z.string().optional(), 'x5t#S256': z.string().optional() });
const claims = z.object({
  aud: z.string(),
  exp: z.number(),
  nbf: z.number().optional(),
  iss: z.string(),
  sub: z.string(),
});

export interface AssertionRules {
  /** PEM; undefined: the app has none. */
  certificate: string | undefined;
  clientId: string;
  /** Both forms that Entra takes. */
  audiences: readonly string[];
  /** Time of the service, by which the certificate expires. */
  now: Date;
}

/** A client assertion (RFC 7523, "private_key_jwt"), signed by the app's certificate. Throws SignInError. */
export function checkAssertion(assertion: string, { certificate, clientId, audiences, now }: AssertionRules): void {
  const parts = assertion.split('.');
  const [head = '', payload = '', signature = ''] = parts;
  const given = header.safeParse(jsonOf(head)).data;
  const said = claims.safeParse(jsonOf(payload)).data;
  if (parts.length !== 3 || given === undefined || said === undefined) {
    throw invalid(50_027, 'JWT token is invalid or malformed.');
  }

  const thumbprint = Buffer.from(given['x5t#S256'] ?? given.x5t ?? '', 'base64url')
    .toString('hex')
    .toUpperCase();
  const trusted = certificate === undefined ? null : new X509Certificate(certificate);
  if (trusted === null || !isThumbprintOf(trusted, given)) {
    throw badCertificate('is not registered on application', 'The key was not found.', thumbprint);
  }
  if (now > trusted.validToDate) {
    throw badCertificate('is expired on application', 'The key used is expired.', thumbprint);
  }
  if (!isSigned(given.alg, `${head}.${payload}`, signature, trusted)) {
    throw badCertificate('failed signature validation', 'The signature of the key is invalid.', thumbprint);
  }
  if (said.iss !== clientId || said.sub !== clientId) {
    throw invalid(700_021, "Client assertion application identifier doesn't match 'client_id' parameter.");
  }
  if (!audiences.includes(said.aud)) {
    throw invalid(
      700_023,
      `Client assertion audience claim does not match Realm issuer. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .`,
    );
  }
  // Lifetimes by the machine's clock, as the client's are: tests move that of the service.
  const seconds = Date.now() / 1000;
  if (seconds >= said.exp || seconds + 300 < (said.nbf ?? 0)) {
    throw invalid(700_024, 'Client assertion is not within its valid time range.');
  }
}

function isThumbprintOf(certificate: X509Certificate, given: z.infer<typeof header>): boolean {
  const digest = (algorithm: string): string => createHash(algorithm).update(certificate.raw).digest('base64url');
  if (given['x5t#S256'] !== undefined) return given['x5t#S256'] === digest('sha256');
  return given.x5t !== undefined && given.x5t === digest('sha1');
}

function isSigned(algorithm: string, text: string, signature: string, { publicKey }: X509Certificate): boolean {
  const padding = algorithm === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  if (publicKey.asymmetricKeyType !== 'rsa' || !['RS256', 'PS256'].includes(algorithm)) return false;
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  const key = algorithm === 'PS256' ? { key: publicKey, padding, saltLength } : { key: publicKey, padding };
  return verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64url'));
}

const invalid = (number: number, words: string): SignInError => new SignInError(401, 'invalid_client', number, words);

const badCertificate = (what: string, reason: string, thumbprint: string): SignInError =>
  invalid(
    700_027,
    `The certificate with identifier used to sign the client assertion ${what}. [Reason - ${reason}, Thumbprint of key used by client: '${thumbprint}']`,
  );

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return null;
  }
}
