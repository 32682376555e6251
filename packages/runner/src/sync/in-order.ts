/** Works on up to `ahead` items at once, and gives the results in the order of the items. */
export async function* inOrder<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const started: Promise<R>[] = [];
  for (const [index, item] of items.entries()) {
    const next = work(item);
    // Awaited in its turn; until then a rejection is not unhandled.
    next.catch(() => undefined);
    started.push(next);
    const oldest = index >= ahead - 1 ? started.shift() : undefined;
    if (oldest !== undefined) yield await oldest;
  }
  for (const rest of started) yield await rest;
}
