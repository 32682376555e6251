export { type FleetStoreOptions, openFleetStore } from './fleet-store.ts';
