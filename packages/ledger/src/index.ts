export { copySqliteLedger } from './sqlite/copy-ledger.ts';
export { openSqliteLedger, readSqliteLedger } from './sqlite/sqlite-ledger.ts';
