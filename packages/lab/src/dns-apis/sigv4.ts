import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The server's side of AWS Signature Version 4, headers only. */

export interface SignedRequest {
  method: string;
  url: URL;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface SigningKey {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  service: string;
}

export interface Signature {
  accessKeyId: string;
  scope: string;
  signedHeaders: readonly string[];
  signature: string;
}

/** null: no header of this scheme. */
export function parseAuthorization(header: string | undefined): Signature | null {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      header ?? '',
    );
  const [, accessKeyId, scope, signedHeaders, signature] = match ?? [];
  if (accessKeyId === undefined || scope === undefined || signedHeaders === undefined || signature === undefined) {
    return null;
  }
  return { accessKeyId, scope, signedHeaders: signedHeaders.split(';'), signature };
}

/** The signature the request must have. `date`: as in X-Amz-Date, 20261122T101500Z. */
export function signatureOf(
  { method, url, headers, body }: SignedRequest,
  { secretAccessKey, region, service }: SigningKey,
  { date, signedHeaders }: { date: string; signedHeaders: readonly string[] },
): string {
  const canonical = [
    method,
    url.pathname
      .split('/')
      .map((segment) => encoded(segment))
      .join('/'),
    [...url.searchParams]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .toSorted()
      .join('&'),
    ...signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    sha256(body),
  ].join('\n');
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  return hmac(key, text).toString('hex');
}

export function isSignedBy(request: SignedRequest, signature: Signature, key: SigningKey): boolean {
  const date = request.headers['x-amz-date'] ?? '';
  const scope = `${date.slice(0, 8)}/${key.region}/${key.service}/aws4_request`;
  if (signature.scope !== scope || !signature.signedHeaders.includes('host')) return false;
  const right = signatureOf(request, key, { date, signedHeaders: signature.signedHeaders });
  return timingSafeEqual(Buffer.from(right), Buffer.from(signature.signature));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** RFC 3986: all but the unreserved. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
