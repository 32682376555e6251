import { MxodusError } from '@mxodus/model';

export const ledgerNotEmpty = (): MxodusError =>
  new MxodusError('LEDGER_NOT_EMPTY', {
    what: 'nothing was imported: the ledger already knows mailboxes',
    why: 'an import fills an empty ledger; it does not put two together',
    advice: 'import into a new project or ledger file; or move the present ledger away first',
  });
