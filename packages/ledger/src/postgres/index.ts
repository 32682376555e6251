export { type FleetStoreOptions, openFleetStore } from './fleet-store.ts';
export { lookAtPostgres, type PostgresFound } from './look-at-postgres.ts';
