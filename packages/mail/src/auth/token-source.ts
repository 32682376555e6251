/** Where a sign-in gets its OAuth2 access token. */
export interface TokenSource {
  /** One that is valid now. */
  token(signal: AbortSignal): Promise<string>;
  /** One in place of the token that was refused; null: there is no other. */
  another(refused: string, signal: AbortSignal): Promise<string | null>;
}

export interface GrantedToken {
  token: string;
  /** How long it is valid from now. */
  lifetimeMs: number;
}

/** Asks for a new token; throws MxodusError. */
export type Grant = () => Promise<GrantedToken>;

const AHEAD_MS = 5 * 60_000;

/** A ready token, read anew for each sign-in: something else may renew it. */
export function givenToken(read: () => Promise<string>): TokenSource {
  return {
    token: read,
    another: async (refused) => {
      const token = await read();
      return token === refused ? null : token;
    },
  };
}

/**
 * Keeps the token of a grant until five minutes before its end (half its life when that is short), and asks for the next one once,
 * however many want it.
 *
 * @param now monotonic milliseconds
 */
export function grantedToken(grant: Grant, now: () => number = () => performance.now()): TokenSource {
  let known: { token: string; freshUntil: number } | undefined;
  let underWay: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    const asked = now();
    const { token, lifetimeMs } = await grant();
    known = { token, freshUntil: asked + lifetimeMs - Math.min(AHEAD_MS, lifetimeMs / 2) };
    return token;
  };
  const renewed = (signal: AbortSignal): Promise<string> => {
    underWay ??= ask().finally(() => {
      underWay = undefined;
    });
    return orAborted(underWay, signal);
  };
  return {
    token: async (signal) => (known !== undefined && now() < known.freshUntil ? known.token : renewed(signal)),
    another: async (refused, signal) => {
      // Somebody else may have got a new one since.
      const token = known !== undefined && known.token !== refused ? known.token : await renewed(signal);
      return token === refused ? null : token;
    },
  };
}

/** The grant goes on for the others that wait for it. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
