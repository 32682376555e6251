/** One request and its answer, as bytes. */
export interface Exchange {
  server: { address: string; port: number };
  message: Buffer;
  /** Whether these bytes answer `message`. */
  accept: (answer: Buffer) => boolean;
  timeoutMs: number;
  signal: AbortSignal;
}
