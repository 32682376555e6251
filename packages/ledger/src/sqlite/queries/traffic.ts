import type { TrafficBook } from '@mxodus/model';
import { integer } from '../../rows/columns.ts';
import type { LedgerFile } from '../ledger-file.ts';

export function trafficBook(file: LedgerFile): TrafficBook {
  return {
    async spent({ server, user }, day) {
      const row = file.get('select bytes from traffic where server = ? and login = ? and day = ?', server, user, day);
      return row === undefined ? 0 : integer(row, 'bytes');
    },
    async add({ server, user }, day, bytes) {
      file.soon(() =>
        file.run(
          `insert into traffic (server, login, day, bytes) values (?, ?, ?, ?)
           on conflict (server, login, day) do update set bytes = traffic.bytes + excluded.bytes`,
          server,
          user,
          day,
          bytes,
        ),
      );
    },
  };
}
