import type { Appender, MailAccount, MailSession } from '@mxodus/model';
import { AppendChannel } from './append-channel.ts';
import { connectImap } from './imap-connection.ts';
import { DEFAULT_TIMEOUT_MS, type ImapAccountOptions } from './imap-options.ts';
import { ImapSession } from './imap-session.ts';
import { wireName } from './raw-command.ts';
import { Wire } from './wire.ts';

/** One user of one IMAP server. Opens a new connection for each session and appender; holds no password. */
export function imapAccount(options: ImapAccountOptions): MailAccount {
  return {
    server: options.server,
    user: options.user,

    async open(signal, onWrite): Promise<MailSession> {
      return new ImapSession(await connectImap(options, signal), options, onWrite);
    },

    async openAppender(signal, onWrite): Promise<Appender> {
      const client = await connectImap(options, signal);
      const capabilities = [...client.capabilities.keys()].map((name) => name.toUpperCase());
      const { readSocket, writeSocket, socket } = client.unbind();
      // From here on Wire watches for silence; the socket's own timeout is imapflow's.
      socket?.setTimeout(0);
      const wire = new Wire(readSocket, writeSocket, { timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, signal });
      return new AppendChannel(wire, { capabilities, wireName: (path) => wireName(client, path), onWrite });
    },
  };
}
