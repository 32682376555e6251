import type { configSchema } from '@mxodus/model';

/** Markdown tables from JSON Schema: one row a key, nested keys with dots. */

export type SchemaNode = NonNullable<ReturnType<typeof configSchema.toJSONSchema>['anyOf']>[number];

interface Row {
  key: string;
  type: string;
  fallback: string;
  meaning: string;
}

/** @param apart keys whose entries have a table of their own */
function rowsOf(node: SchemaNode, apart: readonly string[] = [], prefix = ''): Row[] {
  const required = new Set(node.required);
  return Object.entries(node.properties ?? {}).flatMap(([name, value]) => {
    const property = asNode(value);
    const key = `${prefix}${name}`;
    const fallback = fallbackOf(property, required.has(name));
    const row = { key, type: typeOf(property), fallback, meaning: property.description ?? '' };
    if (apart.includes(name)) return [row];
    const items = property.type === 'array' ? itemsOf(property) : undefined;
    if (items?.properties !== undefined) return [row, ...rowsOf(items, apart, `${key}[].`)];
    return property.properties === undefined ? [row] : [row, ...rowsOf(property, apart, `${key}.`)];
  });
}

export function configTable(node: SchemaNode, apart: readonly string[] = []): string {
  const rows = rowsOf(node, apart).map(({ key, type, fallback, meaning }) => [`\`${key}\``, type, fallback, meaning]);
  return table(['key', 'type', 'default', 'meaning'], rows);
}

export function fieldTable(node: SchemaNode, apart: readonly string[] = []): string {
  const rows = rowsOf(node, apart).map(({ key, type, meaning }) => [`\`${key}\``, type, meaning]);
  return table(['field', 'type', 'meaning'], rows);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The node at a path such as `servers.*`, `mailboxes.[]`, `dns.?1` (the second of its variants). */
export function nodeAt(root: SchemaNode, path: string): SchemaNode {
  let node = root;
  for (const step of path.split('.')) {
    if (step === '*') node = asNode(node.additionalProperties);
    else if (step === '[]') node = itemsOf(node);
    else if (step.startsWith('?')) node = asNode(variantsOf(node)[Number(step.slice(1))]);
    else node = asNode(node.properties?.[step]);
  }
  return node;
}

const itemsOf = (node: SchemaNode): SchemaNode => asNode(Array.isArray(node.items) ? node.items[0] : node.items);

const variantsOf = (node: SchemaNode): SchemaNode[] => [...(node.anyOf ?? []), ...(node.oneOf ?? [])];

function typeOf(node: SchemaNode): string {
  if (node.$ref !== undefined) return '[secret](#secrets)';
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum !== undefined) return oneOf(node.enum.map((value) => `\`${value}\``));
  const variants = variantsOf(node);
  if (variants.length > 0) return unionOf(variants);
  if (Array.isArray(node.type)) return oneOf(node.type.map(plainType));
  if (node.type === 'array') return `list of ${typeOf(itemsOf(node))}`;
  return plainType(node.type);
}

function unionOf(variants: readonly SchemaNode[]): string {
  const patterns = variants.map((variant) => variant.pattern ?? '').join();
  if (patterns.includes('ms|s|m|h|d')) return 'duration';
  if (patterns.includes('KMG')) return 'size';
  return oneOf([...new Set(variants.map(typeOf))]);
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true or false',
  object: 'mapping',
  null: 'null',
};

const plainType = (type: unknown): string => TYPES[String(type)] ?? String(type);

const oneOf = (words: readonly string[]): string => words.join(' or ');

function fallbackOf(node: SchemaNode, isRequired: boolean): string {
  const value = node.default;
  if (value === undefined) return isRequired ? '**needed**' : '';
  // The defaults of a mapping are in the rows below it.
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value)
      .map(([key, inner]) => `\`${key}: ${inner}\``)
      .join(' ');
  }
  return `\`${JSON.stringify(value).replaceAll('"', '')}\``;
}

export function asNode(value: unknown): SchemaNode {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`no schema here: ${JSON.stringify(value)}`);
}
