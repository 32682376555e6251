import type { Lab } from '@mxodus/lab';

/** What both configs of the demo say under `cutover:`. */
export const cutoverSection = (lab: Pick<Lab, 'dns' | 'smtpPort'>): string => `  window: now
  ttl: 3
  resolver_floor: 2s
  slack: 1s
  poll: 1s
  resolvers: ["${lab.dns.resolver.address}"]
  probe: { smtp_port: ${lab.smtpPort}, canary: true, canary_every: 3s, timeout: 5s } # port 25 on real hosts
  drain: { every: 2s, at_least: 10s, quiet: 8s }`;
