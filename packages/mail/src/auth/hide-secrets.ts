const HIDDEN = '***';

/** The text without the secrets, also where they are part of a base64 word (SASL). */
export function hidden(text: string, secrets: readonly string[]): string {
  const real = secrets.filter((secret) => secret !== '');
  const clear = real.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
  return clear.replace(/[A-Za-z0-9+/_-]{8,}={0,2}/g, (word) => {
    const decoded = Buffer.from(word, 'base64').toString();
    return real.some((secret) => decoded.includes(secret)) ? HIDDEN : word;
  });
}

/** Some servers say the command they refuse, password and all. Changes the error, and all that hangs on it, in place. */
export function withoutSecrets(error: unknown, secrets: readonly string[], seen = new Set<object>()): unknown {
  if (typeof error === 'string') return hidden(error, secrets);
  if (!isPlain(error) || seen.has(error)) return error;
  seen.add(error);
  for (const field of Object.getOwnPropertyNames(error)) {
    const value: unknown = Reflect.get(error, field);
    const clean = withoutSecrets(value, secrets, seen);
    if (clean !== value) Reflect.set(error, field, clean);
  }
  return error;
}

const isPlain = (value: unknown): value is object =>
  value instanceof Error ||
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);
