/** @param network as in ip4 and ip6: an address, or one with a prefix length @param address one, or a smaller network */
export function containsAddress(network: string, address: string): boolean {
  const [outer, inner] = [network, address].map(parse);
  if (outer === undefined || inner === undefined || outer === null || inner === null) return false;
  if (outer.bits !== inner.bits || outer.length > inner.length) return false;
  const shift = BigInt(outer.bits - outer.length);
  return outer.value >> shift === inner.value >> shift;
}

interface Network {
  value: bigint;
  bits: 32 | 128;
  length: number;
}

function parse(text: string): Network | null {
  const [address = '', prefix] = text.split('/');
  const bits = address.includes(':') ? 128 : 32;
  const value = bits === 128 ? ipv6(address) : ipv4(address);
  const length = prefix === undefined ? bits : Number(prefix);
  return value === null || !Number.isInteger(length) || length < 0 || length > bits ? null : { value, bits, length };
}

function ipv4(text: string): bigint | null {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return null;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function ipv6(text: string): bigint | null {
  if (!URL.canParse(`http://[${text}]`)) return null;
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const words = (part: string): string[] => part.split(':').filter(Boolean);
  const [left, right] = [words(head), words(tail ?? '')];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n);
}
