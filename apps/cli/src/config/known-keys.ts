import { configSchema } from '@mxodus/model';
import type { z } from 'zod';
import type { KeyPath } from './yaml-source.ts';

/** What the config's JSON Schema says about a place in it: the keys it knows and what they mean. */

type SchemaNode = z.core.JSONSchema.JSONSchema;

/** Keys a mapping at this path may have. `value` (what is there) picks between kinds of server and the like. */
export function knownKeys(path: KeyPath, value: unknown): string[] {
  return [...new Set(nodesAt(path, value).flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** What the key at this path means; undefined where it says nothing. */
export const meaningOf = (path: KeyPath): string | undefined =>
  nodesAt(path, undefined).find((node) => node.description !== undefined)?.description;

function nodesAt(path: KeyPath, value: unknown): SchemaNode[] {
  const root: SchemaNode = configSchema.toJSONSchema({ io: 'input' });
  let nodes = variants(root, root);
  for (const key of path) nodes = nodes.flatMap((node) => below(node, key)).flatMap((node) => variants(node, root));
  const fitting = nodes.filter((node) => fits(node, value));
  return fitting.length > 0 ? fitting : nodes;
}

function variants(node: SchemaNode, root: SchemaNode): SchemaNode[] {
  const { $ref, ...own } = node;
  const target = $ref === undefined ? undefined : root.$defs?.[$ref.split('/').at(-1) ?? ''];
  if (target !== undefined) return variants({ ...target, ...own }, root);
  const choices = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return [node, ...choices.flatMap((choice) => variants(choice, root))];
}

function below(node: SchemaNode, key: PropertyKey): SchemaNode[] {
  const { items, properties, additionalProperties } = node;
  const candidates = typeof key === 'number' ? [items] : [properties?.[String(key)] ?? additionalProperties];
  return candidates.flatMap((child) => (typeof child === 'object' && !Array.isArray(child) ? [child] : []));
}

/** A variant with `kind: exchange` does not fit a value with `kind: imap`. */
function fits(node: SchemaNode, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(node.properties ?? {}).every(([key, property]) => {
    const given: unknown = Reflect.get(value, key);
    const fixed = typeof property === 'object' ? property.const : undefined;
    return fixed === undefined || given === undefined || given === fixed;
  });
}
