/** The IP address this text is, in lower case and without the tag of RFC 5321 section 4.1.3; null: it is none. */
export function ipAddress(text: string): string | null {
  const address = text
    .toLowerCase()
    .replace(/^ipv6:/, '')
    .replace(/%.*$/, '');
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    return address.split('.').every((octet) => Number(octet) <= 255) ? address : null;
  }
  const mapped = /^(?:0:0:0:0:0|:):ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(address)?.[1];
  if (mapped !== undefined) return ipAddress(mapped);
  return /^[0-9a-f:]{2,39}$/.test(address) && address.split(':').length > 2 ? address : null;
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** Of a network that is not the Internet: RFC 1918, 6598, 3927, 4193, 4291. */
export const isPrivate = (address: string): boolean =>
  /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/.test(
    address,
  );
