import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';

export interface RawTarget {
  graphUrl: string;
  token: string;
  /** PEM. */
  ca: string;
  user: string;
}

const CONNECTIONS = 4;

/** The same creates over four bare connections, made beforehand: nothing is parsed, remembered or checked. Returns seconds. */
export async function rawCreates(
  creates: readonly string[],
  { graphUrl, token, ca, user }: RawTarget,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca });
  const url = `${graphUrl}/v1.0/users/${encodeURIComponent(user)}/mailFolders/inbox/messages`;
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    prefer: 'IdType="ImmutableId"',
  };
  const left = [...creates];
  const started = performance.now();
  const connection = async (): Promise<void> => {
    for (let body = left.pop(); body !== undefined; body = left.pop()) {
      const sent = request(url, { method: 'POST', headers, agent });
      const answered = once(sent, 'response');
      sent.end(body);
      const [answer] = await answered;
      const text = await buffer(answer);
      if (answer.statusCode !== 201) throw new Error(`A raw create was answered ${answer.statusCode}: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  return seconds;
}
