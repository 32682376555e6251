import type { Appender, MailAccount, MailSession } from '@mxodus/model';
import { AppendChannel } from './append-channel.ts';
import { encodeName } from './folder-names.ts';
import { openWire } from './imap-connection.ts';
import { sendingEnded } from './imap-errors.ts';
import type { ImapAccountOptions } from './imap-options.ts';
import { openImapSession } from './imap-session.ts';

/** One user of one IMAP server. Opens a new connection for each session and appender; holds no password. */
export function imapAccount(options: ImapAccountOptions): MailAccount {
  return {
    server: options.server,
    user: options.user,

    async open(signal, onWrite): Promise<MailSession> {
      return openImapSession(options, signal, onWrite);
    },

    async openAppender(signal, onWrite, mayCommit): Promise<Appender> {
      const { client, wire } = await openWire(options, signal, {
        ended: (ending) => sendingEnded(ending, options),
        // The end of a command must not wait for the server to confirm what went before it.
        noDelay: mayCommit !== undefined,
      });
      const capabilities = [...client.capabilities.keys()].map((name) => name.toUpperCase());
      return new AppendChannel(wire, { capabilities, wireName: encodeName, onWrite, mayCommit });
    },
  };
}
