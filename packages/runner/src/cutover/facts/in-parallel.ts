/** Results in the order of the list, a few at a time. When one fails no other is begun, and its error is thrown after those under way. */
export async function inParallel<T, R>(list: readonly T[], atOnce: number, work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  const left = list.entries();
  const lane = async (): Promise<void> => {
    for (const [index, one] of left) {
      try {
        results[index] = await work(one);
      } catch (error) {
        failures.push(error);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
