import type { NamespaceShape, ServerFacts } from '@mxodus/model';
import type { ImapFlow } from 'imapflow';
import { makeOf } from './server-make.ts';

/** What a signed-in connection tells about its server. */
export function serverFacts(client: ImapFlow, namespace: NamespaceShape): ServerFacts {
  const capabilities = [...client.capabilities.keys()].map((name) => name.toUpperCase()).sort();
  const { name, version } = client.serverInfo ?? {};
  return {
    tls: client.tls ? (client.tls.version ?? 'TLS') : 'none',
    capabilities,
    namespace,
    appendLimit: appendLimit(client),
    product:
      typeof name === 'string'
        ? `${name}${typeof version === 'string' ? ` ${version}` : ''}`
        : makeOf(capabilities, client.greeting ?? ''),
  };
}

/** RFC 7889: `APPENDLIMIT=n` for all folders; a bare `APPENDLIMIT` says nothing general. */
function appendLimit(client: ImapFlow): number | null {
  const value = client.capabilities.get('APPENDLIMIT');
  return typeof value === 'number' ? value : null;
}
