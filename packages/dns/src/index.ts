export { createLookup, type LookupOptions } from './lookup/create-lookup.ts';
export { createObserver, type ObserverOptions } from './observe/dns-observer.ts';
export { cpanelPanel } from './panels/cpanel-panel.ts';
export * from './registry.ts';
