import { checkServers } from '@mxodus/runner';
import { mapValues } from '../compose.ts';
import { servicesToCheck } from '../services-to-check.ts';
import { checkProgress, checkVerdict } from '../views/check.ts';
import { configWords, openProjectOf } from './open-plan.ts';
import type { CliCommand, Outcome, Session } from './session.ts';
import { endsOf } from './tell-waits.ts';
import { tenantsOf } from './tenants.ts';

export const checkCommand: CliCommand = (program, start) => {
  program
    .command('check')
    .summary('every server and every sign-in, before anything else')
    .description(
      'Reaches every server, a ledger in PostgreSQL and a queue in Redis, and signs in to every mailbox at both ends. Changes nothing.',
    )
    .action(start({ name: 'check', emptySummary: { servers: 0, logins: 0, failed: 0 } }, check));
};

async function check(session: Session): Promise<Outcome> {
  const { output, signal } = session;
  const project = await openProjectOf(session);
  const { config, mailboxes, engine } = project;
  const emit = output.begin(checkProgress(2 * mailboxes.length, output));
  const logins = mailboxes.flatMap((mailbox) => {
    const { source, destination } = endsOf(project, mailbox, emit);
    return [
      { mailbox: mailbox.address, role: 'source' as const, account: source },
      { mailbox: mailbox.address, role: 'destination' as const, account: destination },
    ];
  });
  const servers = mapValues(config.servers, (server) =>
    server.kind === 'imap'
      ? {
          host: server.host,
          connections: server.limits.connections,
          connectionsPerMailbox: server.limits.connections_per_mailbox,
        }
      : {
          host: new URL(server.graph_url).host,
          connections: server.limits.mailboxes * server.limits.concurrent_requests,
          connectionsPerMailbox: server.limits.concurrent_requests,
        },
  );
  const tenants = tenantsOf(project, signal);
  const services = servicesToCheck(project.loaded);
  const result = await checkServers({ services, servers, tenants, logins, engine, signal, emit });
  const used = new Set(logins.map((login) => login.account.server)).size;
  const view = {
    result,
    services: services.map(({ service }) => service),
    servers: used,
    logins: logins.length,
    configWords: configWords(session),
  };
  output.print(checkVerdict(view, output.style));
  const summary = { servers: used, logins: logins.length, failed: result.errors.length + result.unfit.length };
  return { exitCode: result.exitCode, summary };
}
