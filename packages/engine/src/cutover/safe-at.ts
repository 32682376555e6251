export interface Wait {
  safeAt: number;
  /** The sum as a sentence. */
  arithmetic: string;
}

/**
 * When the old records are out of every cache: t_all + max(T_old, resolver floor) + slack, where slack is at least a tenth of the
 * wait. @param options.servedAt t_all, milliseconds since the epoch: when the last authoritative server began to serve the new records
 */
export function safeAt(options: {
  servedAt: number;
  /** Every TTL seen of what is replaced, in seconds. */
  ttls: readonly number[];
  floorMs: number;
  slackMs: number;
}): Wait {
  const { servedAt, floorMs } = options;
  const ttlMs = Math.max(0, ...options.ttls) * 1000;
  const wait = Math.max(ttlMs, floorMs);
  const slack = Math.max(options.slackMs, wait / 10);
  const until = Math.ceil(servedAt + wait + slack);
  const slackReason = slack === options.slackMs ? '' : ' (10 %)';
  return {
    safeAt: until,
    arithmetic:
      `${clock(servedAt)} (served everywhere) + max(TTL ${seconds(ttlMs)}, resolver floor ${seconds(floorMs)})` +
      ` + slack ${seconds(slack)}${slackReason} = ${clock(until)}`,
  };
}

function clock(time: number): string {
  return new Date(time).toISOString().replace(/\.000Z$/, 'Z');
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
