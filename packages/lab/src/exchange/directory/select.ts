import { SimError } from '../route.ts';

/** The properties that $select names, or the default ones. Of unknown ones: 400. */
export function selected(
  entity: Readonly<Record<string, unknown>>,
  query: URLSearchParams,
  type: string,
  usual: readonly string[] = Object.keys(entity),
): Record<string, unknown> {
  const asked = query.get('$select');
  const names = asked === null ? usual : ['id', ...asked.split(',').map((name) => name.trim())];
  const pairs = names.flatMap((name) => {
    const known = Object.keys(entity).find((key) => key.toLowerCase() === name.toLowerCase());
    if (known !== undefined) return [[known, entity[known]] as const];
    if (name === 'id') return [];
    throw new SimError(
      400,
      'BadRequest',
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`,
    );
  });
  return Object.fromEntries(pairs);
}

/** Refuses query options that a path does not take. */
export function onlyOptions(query: URLSearchParams, ...allowed: readonly string[]): void {
  for (const name of query.keys()) {
    if (name.startsWith('$') && !allowed.includes(name)) {
      throw new SimError(400, 'Request_UnsupportedQuery', `The query option '${name}' is not supported here.`);
    }
  }
}

export const notFound = (name: string): SimError =>
  new SimError(
    404,
    'Request_ResourceNotFound',
    `Resource '${name}' does not exist or one of its queried reference-property objects are not present.`,
  );
