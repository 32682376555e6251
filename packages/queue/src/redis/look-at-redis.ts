import { connectRedis } from './connect-redis.ts';

/** What is known of a Redis server after a look. */
export interface RedisFound {
  /** null: it does not tell. */
  version: string | null;
  tls: boolean;
  /** What people should know about it. */
  warnings: readonly string[];
}

/** Whether it can be the queue of a fleet. Changes nothing. Throws what `connectRedis` does. */
export async function lookAtRedis(url: string): Promise<RedisFound> {
  const { version, warnings, close } = await connectRedis(url);
  close();
  return { version, tls: URL.parse(url)?.protocol === 'rediss:', warnings };
}
