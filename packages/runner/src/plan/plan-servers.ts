import { type Config, type PlanServer, portOf } from '@mxodus/model';

/** The servers of a config as a plan records them. */
export function planServers(config: Pick<Config, 'servers'>): Record<string, PlanServer> {
  const servers: Record<string, PlanServer> = {};
  for (const [name, server] of Object.entries(config.servers)) {
    servers[name] =
      server.kind === 'imap'
        ? { kind: 'imap', host: server.host, port: portOf(server), tls: server.tls }
        : { kind: 'exchange', tenant: server.tenant, graph_url: server.graph_url, writer: server.writer };
  }
  return servers;
}
