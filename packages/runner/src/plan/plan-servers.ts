import { type Config, type PlanServer, portOf } from '@mxodus/model';

/** The servers of a config as a plan records them. */
export function planServers(config: Pick<Config, 'servers'>): Record<string, PlanServer> {
  const servers: Record<string, PlanServer> = {};
  for (const [name, server] of Object.entries(config.servers)) {
    if (server.kind !== 'imap') continue;
    servers[name] = { kind: server.kind, host: server.host, port: portOf(server), tls: server.tls };
  }
  return servers;
}
