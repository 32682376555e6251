import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { MxodusError } from '@mxodus/model';
import { rsaKey, thumbprint } from '../../auth/signed-assertion.ts';

/** How an app proves who it is: a secret, or a certificate whose public half is in its registration. */
export type AppCredential =
  | { secret: () => Promise<string> }
  | { certificate: () => Promise<string>; key: () => Promise<string> };

/** As msal takes it. */
export type AppProof =
  | { clientSecret: string }
  | { clientCertificate: { thumbprintSha256: string; privateKey: string; x5c: string } };

/**
 * Reads it anew. What Microsoft would refuse with riddles is said here: a certificate that is not valid now, a key of another one.
 *
 * @throws AUTH_FAILED out of its time · CONFIG_INVALID no certificate, no RSA key, or not a pair
 */
export async function readCredential(
  credential: AppCredential,
  { now, where }: { now: Date; where: string },
): Promise<AppProof> {
  if ('secret' in credential) return { clientSecret: await credential.secret() };
  const [pem, key] = [await credential.certificate(), rsaKey(await credential.key(), '`credential.key`')];
  const thumbprintSha256 = Buffer.from(thumbprint(pem), 'base64url').toString('hex');
  const certificate = new X509Certificate(pem);
  checkTime(certificate, now, where);
  checkPair(certificate, key, where);
  return {
    clientCertificate: {
      thumbprintSha256,
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      // The file may hold the key too.
      x5c: (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).join('\n'),
    },
  };
}

function checkTime({ validFromDate, validToDate, subject }: X509Certificate, now: Date, where: string): void {
  const name = subject.replaceAll('\n', ', ');
  if (now > validToDate) {
    throw new MxodusError('AUTH_FAILED', {
      what: `the certificate of the app (${name}) expired on ${dayOf(validToDate)}`,
      why: 'Microsoft Entra takes no expired certificate; nothing was sent',
      advice:
        'make a new certificate, upload it under Microsoft Entra admin center > App registrations > the app > Certificates & secrets > Certificates, and name it and its key in `credential`',
      where,
    });
  }
  if (now < validFromDate) {
    throw new MxodusError('AUTH_FAILED', {
      what: `the certificate of the app (${name}) is not valid before ${dayOf(validFromDate)}`,
      why: 'it was made for later, or the clock of this machine is wrong; nothing was sent',
      advice: 'set the clock, or use a certificate that is valid now',
      where,
    });
  }
}

function checkPair(certificate: X509Certificate, key: KeyObject, where: string): void {
  if (certificate.publicKey.equals(createPublicKey(key))) return;
  throw new MxodusError('CONFIG_INVALID', {
    what: '`credential.key` is not the key of `credential.certificate`',
    why: 'they are two halves of different pairs',
    advice: 'name the key that the certificate was made with',
    where,
  });
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
