/** The conversation is over, and why. */
export class LineEnd extends Error {
  override readonly name: string = 'LineEnd';
}

/** There never was one: nothing answers, as where a firewall takes what is sent to port 25. */
export class NoWayThere extends LineEnd {
  override readonly name = 'NoWayThere';
}

/** The reason of a LineEnd; everything else is thrown on. */
export function whyEnded(error: unknown): string {
  if (error instanceof LineEnd) return error.message;
  throw error;
}
