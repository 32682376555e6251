import { dnsName, MxodusError } from '@mxodus/model';

/** Refuses what cannot be a name in DNS; dns-packet would encode it wrongly without a word. */
export function assertDnsName(name: string): void {
  const labels = name.split('.');
  const fits = name.length <= 253 && labels.every((label) => /^[\x21-\x7e]{1,63}$/.test(label));
  if (fits || name === '.') return;
  throw new MxodusError('CONFIG_INVALID', {
    what: `"${name}" is not a name in DNS`,
    why: 'a name is made of labels of 1 to 63 ASCII characters',
    advice: 'write an international name in its xn-- form',
  });
}

/** The wire form without compression (RFC 1035 section 3.1), lower-case: also the canonical form TSIG wants (RFC 8945 section 4.3.3). */
export function encodeName(name: string): Buffer {
  const plain = dnsName(name);
  assertDnsName(plain);
  if (plain === '.') return Buffer.from([0]);
  const labels = plain.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}
