import { HttpsPool } from '../graph/https-pool.ts';

/** GET without any sign-in; the body as JSON, null where it is none. */
export function publicFetch(options: { ca?: string; timeoutMs: number; signal: AbortSignal }) {
  const { signal, ...rest } = options;
  return async (url: string): Promise<{ status: number; body: unknown }> => {
    const pool = new HttpsPool({ ...rest, connections: 1 });
    try {
      const { status, body } = await pool.send(url, { method: 'GET', headers: new Headers(), signal });
      return { status, body: jsonOf(body) };
    } finally {
      await pool.close();
    }
  };
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
