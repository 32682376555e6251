import { type PostgresServer, startPostgres } from '@mxodus/lab';
import type { FleetStore } from '@mxodus/model';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { describeLedger } from '../contract.ts';
import { openFleetStore } from './fleet-store.ts';

let server: PostgresServer;
let store: FleetStore;
let client: pg.Client;

beforeAll(async () => {
  server = await startPostgres({ fsync: false });
  store = await openFleetStore({ url: server.url, holder: 'test', connections: 2 });
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await store.close();
  await server.stop();
});

const EMPTY =
  'truncate mxodus_acme.mailboxes, mxodus_acme.messages, mxodus_acme.traffic, mxodus_acme.item_folders restart identity cascade';

describeLedger('postgres', async () => {
  let opened = false;
  if (await store.readLedger('acme')) await client.query(EMPTY);
  return {
    open: () => {
      opened = true;
      return store.ledger('acme');
    },
    // That a project nobody opened has no ledger is tested beside the store.
    read: async () => (opened ? store.readLedger('acme') : null),
    dispose: async () => undefined,
  };
});
