import { afterEach, beforeEach, describe } from 'vitest';
import { describeCounts } from './contract/counts.contract.ts';
import { describeDestinationUids } from './contract/destination-uids.contract.ts';
import { describeFolders } from './contract/folders.contract.ts';
import { describeGone } from './contract/gone.contract.ts';
import { describeItems } from './contract/items.contract.ts';
import { describeMessageStates } from './contract/message-states.contract.ts';
import { describeMessages } from './contract/messages.contract.ts';
import { describeMovedBy } from './contract/moved-by.contract.ts';
import { describeMoves } from './contract/moves.contract.ts';
import { ANN, INBOX, type LedgerStore, type On, type OpenedLedger, startPass } from './contract/opened-ledger.ts';
import { describePasses } from './contract/passes.contract.ts';
import { describeReader } from './contract/reader.contract.ts';
import { describeTraffic } from './contract/traffic.contract.ts';

/** What every ledger promises. */
export function describeLedger(name: string, makeStore: () => Promise<LedgerStore>): void {
  describe(`ledger: ${name}`, () => {
    const on = openForEachTest(makeStore);
    describe('a message', () => describeMessageStates(on));
    describe('messages', () => describeMessages(on));
    describe('gone messages', () => describeGone(on));
    describe('moves and places', () => describeMoves(on));
    describe('destination UIDs', () => describeDestinationUids(on));
    describe('counts', () => describeCounts(on));
    describe('folders', () => describeFolders(on));
    describe('passes and waits', () => describePasses(on));
    describe('what passes sent', () => describeMovedBy(on));
    describe('traffic', () => describeTraffic(on));
    describe('items', () => describeItems(on));
    describe('status and report', () => describeReader(on));
  });
}

/** The function returned gives the ledger of the test that runs. */
function openForEachTest(makeStore: () => Promise<LedgerStore>): On {
  let opened: OpenedLedger | undefined;
  beforeEach(async () => {
    const store = await makeStore();
    const ledger = await store.open();
    const mailbox = await ledger.openMailbox(ANN);
    const pass = await startPass(ledger, mailbox);
    const { id: folder } = await ledger.openFolder(mailbox, INBOX);
    opened = { ledger, mailbox, pass, folder, store };
  });
  afterEach(async () => {
    await opened?.ledger.close();
    await opened?.store.dispose();
    opened = undefined;
  });
  return () => {
    if (opened === undefined) throw new Error('a ledger is open while a test runs');
    return opened;
  };
}
