import type { MtaStsPolicy } from '@mxodus/model';

/** RFC 8461 section 3.2 advises this limit. */
const LARGEST = 64 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * Fetches the MTA-STS policy of a domain as a sender does (RFC 8461 section 3.3): HTTPS with a certificate that is trusted, no redirect,
 * and never more than 64 KB. Rejects only with the reason of `signal`.
 */
export function createMtaStsFetcher(
  options: { urlOf?: (domain: string) => string; timeoutMs?: number } = {},
): (domain: string, signal: AbortSignal) => Promise<MtaStsPolicy> {
  const { urlOf = policyUrl, timeoutMs = TIMEOUT_MS } = options;
  return async (domain, signal) => {
    signal.throwIfAborted();
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const response = await fetch(urlOf(domain), { redirect: 'manual', signal: within });
      const { status } = response;
      if (status !== 200) {
        await response.body?.cancel();
        if (status === 404 || status === 410) return { kind: 'none' };
        return {
          kind: 'error',
          why: `HTTP ${status}${status >= 300 && status < 400 ? ': redirects are not followed' : ''}`,
        };
      }
      return await textOf(response);
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'error', why: faultOf(error, timeoutMs) };
    }
  };
}

function policyUrl(domain: string): string {
  return `https://mta-sts.${domain}/.well-known/mta-sts.txt`;
}

async function textOf(response: Response): Promise<MtaStsPolicy> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop ends the download.
    if (length > LARGEST) return { kind: 'error', why: `the policy has more than ${LARGEST / 1024} KB` };
    chunks.push(chunk);
  }
  return { kind: 'policy', text: Buffer.concat(chunks).toString('utf8') };
}

function faultOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
