/** Ids that stay as they are when an item moves inside its mailbox; asked for with every request, or they would be mixed. */
const IMMUTABLE_IDS = 'IdType="ImmutableId"';

/** The headers of a request, with our preference before those given. */
export function withPreference(given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const headers: Record<string, string> = {};
  let prefer = IMMUTABLE_IDS;
  for (const [name, value] of Object.entries(given)) {
    if (name.toLowerCase() === 'prefer') prefer = `${prefer}, ${value}`;
    else headers[name] = value;
  }
  return { ...headers, Prefer: prefer };
}
