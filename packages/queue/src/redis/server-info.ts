/** Reads the answer to INFO: lines of `name:value`, in sections. */
function fieldOf(info: string, name: string): string | null {
  const line = info.split(/\r?\n/).find((one) => one.startsWith(`${name}:`));
  return line === undefined ? null : line.slice(name.length + 1).trim();
}

/** Of the Redis it is, or says it is compatible with (Valkey). */
export const redisVersion = (info: string): string | null => fieldOf(info, 'redis_version');

export const evictionPolicy = (info: string): string | null => fieldOf(info, 'maxmemory_policy');

export const aofIsOn = (info: string): boolean => fieldOf(info, 'aof_enabled') === '1';
