import { afterEach, expect, it } from 'vitest';
import { type Endpoints, serveEndpoints } from './endpoints.ts';
import { workerMetrics } from './metrics.ts';
import { Readiness } from './readiness.ts';

const open: Endpoints[] = [];

async function serve(readiness: Readiness, at: () => number = () => 0) {
  const metrics = workerMetrics('1.2.3');
  const endpoints = await serveEndpoints(
    { host: '127.0.0.1', port: 0 },
    { notReady: () => readiness.reason(at()), metrics: () => metrics.text(), onError: () => undefined },
  );
  open.push(endpoints);
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://${endpoints.address}${path}`, { method });
    return { status: response.status, body: await response.text() };
  };
  return { get, metrics, endpoints };
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

it('is ready while both services have answered in the last 10 s, and says which has not', async () => {
  const readiness = new Readiness(['redis', 'postgres']);
  let now = 0;
  const { get } = await serve(readiness, () => now);
  expect(await get('/readyz')).toEqual({ status: 503, body: 'not ready: redis has not answered yet\n' });
  readiness.answered('redis', 0);
  readiness.answered('postgres', 5000);
  now = 10_000;
  expect(await get('/readyz')).toEqual({ status: 200, body: 'ready\n' });
  readiness.silent('redis', 'QUEUE_UNREACHABLE');
  now = 12_000;
  expect(await get('/readyz')).toEqual({
    status: 503,
    body: 'not ready: redis has not answered for 12 s (QUEUE_UNREACHABLE)\n',
  });
  readiness.answered('redis', 12_000);
  expect((await get('/readyz')).status).toBe(200);
  readiness.stopping();
  expect(await get('/readyz')).toEqual({ status: 503, body: 'not ready: it is stopping\n' });
  expect(await get('/healthz')).toEqual({ status: 200, body: 'alive\n' });
});

it('counts jobs, mail and leases for Prometheus', async () => {
  const { get, metrics } = await serve(new Readiness([]));
  metrics.jobStarted();
  metrics.jobStarted();
  metrics.jobLeft('failed');
  metrics.moved('acme', { messages: 3, bytes: 4096 });
  metrics.leaseHeld();
  metrics.ledgerWrite('settle', 0.02);
  const { body } = await get('/metrics');
  for (const line of [
    'mxodus_worker_info{version="1.2.3"} 1',
    'mxodus_jobs_running 1',
    'mxodus_jobs_ended_total{result="failed"} 1',
    'mxodus_slices_total{end="failed"} 1',
    'mxodus_messages_moved_total{project="acme"} 3',
    'mxodus_bytes_moved_total{project="acme"} 4096',
    'mxodus_leases_held 1',
    'mxodus_ledger_write_seconds_bucket{le="0.03",write="settle"} 1',
  ]) {
    expect(body).toContain(line);
  }
  expect(body).toContain('process_cpu_seconds_total');
});

it('answers nothing else', async () => {
  const { get } = await serve(new Readiness([]));
  expect((await get('/')).status).toBe(404);
  expect((await get('/healthz', 'POST')).status).toBe(405);
});

it('says so when its address is taken', async () => {
  const { endpoints } = await serve(new Readiness([]));
  const port = Number(endpoints.address.split(':')[1]);
  await expect(
    serveEndpoints(
      { host: '127.0.0.1', port },
      { notReady: () => null, metrics: async () => ({ body: '', type: '' }), onError: () => undefined },
    ),
  ).rejects.toMatchObject({ code: 'USAGE', why: 'something else listens there, perhaps another worker' });
});
