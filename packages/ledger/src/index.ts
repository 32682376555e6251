export { copySqliteLedger } from './sqlite/copy-ledger.ts';
export { openSqliteLedger, readSqliteLedger } from './sqlite/sqlite-ledger.ts';
export { exportSqliteLedger, importSqliteLedger } from './sqlite/transfer.ts';
export type { TransferCounts } from './transfer/import-lines.ts';
