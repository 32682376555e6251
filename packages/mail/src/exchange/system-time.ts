/** SystemTime, as Graph and MAPI write it: UTC, whole seconds. */
export const systemTime = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
