export { openSqliteLedger, readSqliteLedger } from './sqlite/sqlite-ledger.ts';
