import { MxodusError } from '@mxodus/model';
import { Database } from './database.ts';

/** What is known of a PostgreSQL server after a look. */
export interface PostgresFound {
  version: string;
  tls: boolean;
}

const PATIENCE_MS = 5000;
const OLDEST = 13;

/** Whether a ledger can be kept there. Changes nothing. Throws LEDGER_UNREACHABLE, LEDGER_REFUSED. */
export async function lookAtPostgres(url: string): Promise<PostgresFound> {
  const database = new Database({ url, schema: null, most: 1, patienceMs: PATIENCE_MS });
  try {
    const [row] = await database.rows(`
      select current_setting('server_version') as version,
        current_setting('server_version_num')::integer / 10000 as major,
        coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as tls,
        has_database_privilege(current_database(), 'create') as may_make_schemas`);
    if (Number(row?.major) < OLDEST) {
      throw refused(
        `it is version ${String(row?.version)}; the ledger needs ${OLDEST} or newer`,
        'upgrade it, or use another one',
      );
    }
    if (row?.may_make_schemas !== true) {
      throw refused('the user may not make schemas in this database', 'grant create on database … to …');
    }
    return { version: String(row.version).split(' ', 1).join(''), tls: row.tls === true };
  } finally {
    await database.close();
  }
}

const refused = (why: string, advice: string): MxodusError =>
  new MxodusError('LEDGER_REFUSED', { what: 'the PostgreSQL server cannot keep the ledger', why, advice });
