/** The simulated Microsoft 365 in a process of its own, so that neither who is measured nor who measures pays for it. */
import { startExchange } from '@mxodus/lab';

const [dir = '', latency = '0', ...users] = process.argv.slice(2);
const exchange = await startExchange({
  dir,
  users,
  latencyMs: Number(latency),
  // Microsoft's own limits would be what is measured; four requests at once stay.
  limits: { requests: { count: 1e9, seconds: 60 }, uploaded: { bytes: 1e15, seconds: 60 } },
});
const { tenant, clientId, secret, graphUrl, authority, caFile } = exchange;
process.send?.({ tenant, clientId, secret, graphUrl, authority, caFile, token: exchange.token() });
process.once('disconnect', () => process.exit(0));
