import { lateSummary } from '@mxodus/engine';
import type { LateMail } from '@mxodus/model';
import type { LateMailSummary } from './certificate-schema.ts';

/** The summary of the late-mail ledger in the words of the certificate. */
export function summariseLateMail(rows: readonly LateMail[]): LateMailSummary {
  const { messages, byCause, lastAt, staleClients, machines } = lateSummary(rows);
  return {
    fetched: messages,
    by_cause: byCause,
    last_at: lastAt,
    stale_clients: staleClients.map((client) => ({
      mailbox: client.mailbox,
      messages: client.messages,
      last_at: client.lastAt,
    })),
    machines: machines.map((machine) => ({
      host: machine.host,
      cause: machine.cause,
      senders: machine.senders,
      messages: machine.messages,
      last_at: machine.lastAt,
    })),
  };
}
