import type { Appender, ItemBook, MailAccount, MailSession, Wait } from '@mxodus/model';
import { severalWaits } from '../with/several-waits.ts';
import { type ExchangeMailbox, itemAccount, told } from './exchange-mailbox.ts';
import { ExchangeSession } from './exchange-session.ts';
import { graphPath } from './graph/graph.ts';
import type { GraphService } from './graph/graph-service.ts';
import { KnownFolders } from './known-folders.ts';
import type { ExchangeAppenderOptions } from './write/appender-options.ts';
import { openExchangeAppender } from './write/exchange-appender.ts';

/** How to reach one mailbox of Exchange Online. */
export interface ExchangeAccountOptions {
  /** The name of the server in the config. */
  server: string;
  /** User principal name or address. */
  user: string;
  service: GraphService;
  items: ItemBook;
  /** How messages are written; what `openExchangeAppender` needs of the account. */
  writer: WriterChoice;
  /** Bytes of the largest message the mailbox takes. */
  messageLimit: number;
  /** Called when something of this account waits for a second or more, and with null when nothing waits any more. */
  onWait(wait: Wait | null): void;
}

/** See ExchangeAppenderOptions. `imap` is opened for each appender, with what that was opened with. */
export interface WriterChoice
  extends Pick<ExchangeAppenderOptions, 'writer' | 'importMimeProof' | 'tempDir' | 'concurrency' | 'lookDelaysMs'> {
  imap: ((signal: AbortSignal, onWrite: (command: string) => void, mayCommit?: () => void) => Promise<Appender>) | null;
}

/** One mailbox of Exchange Online through Microsoft Graph, as a destination. */
export function exchangeAccount(options: ExchangeAccountOptions): MailAccount {
  const { server, user } = options;
  const known = new KnownFolders();
  const ear = severalWaits(options.onWait);

  const sessionOf = (
    signal: AbortSignal,
    onWrite: (command: string) => void,
    mayCommit?: () => void,
  ): { session: ExchangeSession; mailbox: ExchangeMailbox } => {
    const graph = options.service.mailbox(user, { signal, onWait: ear(), onWrite, mayCommit });
    const mailbox = { graph, server, user, items: options.items, account: itemAccount(server, user) };
    // importMime dates by the header.
    const keepsDates = options.writer.writer !== 'graph-importmime';
    const session = new ExchangeSession({ mailbox, known, messageLimit: options.messageLimit, keepsDates });
    return { session, mailbox };
  };

  return {
    server,
    user,

    /** Asks for the inbox: that tells whether the app may, and whether the mailbox is there. */
    async open(signal, onWrite): Promise<MailSession> {
      const { session, mailbox } = sessionOf(signal, onWrite);
      await told(mailbox, 'open the mailbox', () =>
        mailbox.graph.send({ method: 'GET', path: inboxOf(user), repeat: 'safe' }),
      );
      return session;
    },

    async openAppender(signal, onWrite, mayCommit): Promise<Appender> {
      const { session, mailbox } = sessionOf(signal, onWrite, mayCommit);
      const { imap, ...writer } = options.writer;
      return openExchangeAppender({
        ...writer,
        imap: imap === null ? null : () => imap(signal, onWrite, mayCommit),
        graph: mailbox.graph,
        user,
        server,
        folders: session.folders,
        items: options.items,
        keyed: session.keyed,
        messageLimit: options.messageLimit,
        signal,
      });
    },
  };
}

const inboxOf = (user: string): string => `${graphPath`/users/${user}/mailFolders/inbox`}?$select=id,totalItemCount`;
