export { createObserver } from './observe/dns-observer.ts';
export { openProvider, type ResolvedDnsConfig } from './registry.ts';
