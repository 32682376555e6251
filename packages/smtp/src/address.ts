import { domainToASCII } from 'node:url';

/** An address as it goes into MAIL and RCPT; null: none that could be, so that no file of addresses can say commands. */
export function pathOf(address: string): { path: string; needsUtf8: boolean } | null {
  const at = address.lastIndexOf('@');
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  const ascii = domainToASCII(domain);
  if (at < 1 || ascii === '' || !/^[^\s<>\p{Cc}]+$/u.test(local) || Buffer.byteLength(address) > 254) return null;
  return { path: `${local}@${ascii}`, needsUtf8: !/^[\x20-\x7e]+$/.test(local) };
}
