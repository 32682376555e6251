import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { SmtpCertificate } from '@mxodus/model';

/** What a host showed; null: no certificate, as with anonymous key exchange. */
export function certificateOf(socket: TLSSocket): SmtpCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  const { raw, publicKey, subjectAltName = '', validTo } = certificate;
  return {
    names: [...subjectAltName.matchAll(/(?:^|, )DNS:([^,]+)/g)].map(([, name = '']) => name.toLowerCase()),
    validTo: Date.parse(validTo),
    fault: faultOf(socket),
    sha256: sha256(raw),
    publicKeySha256: sha256(publicKey.export({ type: 'spki', format: 'der' })),
  };
}

const FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of its issuer is not sent with it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host',
};

function faultOf({ authorized, authorizationError }: TLSSocket): string | null {
  if (authorized) return null;
  // By its type an Error, in fact the code as a text (Node 26, 2026-11).
  const code = authorizationError instanceof Error ? authorizationError.message : String(authorizationError);
  return FAULTS[code] ?? code;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
