/** Just enough XML for what the simulated services are sent: elements and text, no attributes but xmlns. */

export interface XmlElement {
  name: string;
  children: XmlElement[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** null: not well-formed. */
export function parseXml(xml: string): XmlElement | null {
  const root: XmlElement = { name: '', children: [], text: '' };
  const open = [root];
  const tokens = xml.replace(/^<\?xml[^>]*\?>\s*/, '').match(/<[^>]*>|[^<]+/g) ?? [];
  for (const token of tokens) {
    const inside = open.at(-1);
    if (inside === undefined) return null;
    const [, slash, name, selfClosing] = /^<(\/?)([A-Za-z]+)(?:\s+xmlns="[^"]*")?\s*(\/?)>$/.exec(token) ?? [];
    if (name === undefined) {
      if (token.startsWith('<')) return null;
      inside.text += token.replace(/&(\w+);/g, (all, entity: string) => ENTITIES[entity] ?? all);
    } else if (slash === '/') {
      if (open.length < 2 || inside.name !== name) return null;
      open.pop();
    } else {
      const element = { name, children: [], text: '' };
      inside.children.push(element);
      if (selfClosing === '') open.push(element);
    }
  }
  return open.length === 1 && root.children.length === 1 ? (root.children[0] ?? null) : null;
}

export const childOf = (element: XmlElement, name: string): XmlElement | undefined =>
  element.children.find((child) => child.name === name);

export const textOf = (element: XmlElement, name: string): string | undefined => childOf(element, name)?.text;

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&${Object.keys(ENTITIES).find((entity) => ENTITIES[entity] === sign)};`);
