import type { Alterations } from './alterations.ts';
import type { ParsedPart } from './message-tree.ts';

/** What of a part's tree is shown as the body, and what is attached; both in the order of the message. */
export interface Selection {
  shown: readonly ParsedPart[];
  attached: readonly ParsedPart[];
}

/** Where a part stands decides what it is for. */
type Place = 'alone' | 'alternative' | 'listed' | 'referred';

/** Formatted text Exchange has no form for; shown only where there is nothing better. */
const FORMATTED = new Set([
  'text/enriched',
  'text/richtext',
  'text/x-amp-html',
  'text/watch-html',
  'text/x-watch-html',
]);

/**
 * Chooses among the parts (RFC 2046 §5.1, RFC 2387, RFC 1847). Pure.
 *
 * | container             | shown                                  | attached                                            |
 * |-----------------------|----------------------------------------|-----------------------------------------------------|
 * | alternative           | what the best alternative shows        | what all of them attach; calendars, other types, texts of the shown one's type |
 * | related               | what its root shows                    | all else                                            |
 * | signed                | what its first part shows              | the signature                                       |
 * | encrypted             | nothing                                | all parts                                           |
 * | mixed, report, others | what any part shows (texts: no name)   | all else                                            |
 *
 * @param fits whether a text can be the body
 */
export function selectParts(
  root: ParsedPart,
  alterations: Alterations,
  fits: (part: ParsedPart) => boolean,
): Selection {
  return new Selector(alterations, fits).select(root, 'alone');
}

class Selector {
  readonly #alterations: Alterations;
  readonly #fits: (part: ParsedPart) => boolean;

  constructor(alterations: Alterations, fits: (part: ParsedPart) => boolean) {
    this.#alterations = alterations;
    this.#fits = fits;
  }

  select(part: ParsedPart, place: Place): Selection {
    if (part.children.length === 0) return this.#leaf(part, place);
    switch (part.type) {
      case 'multipart/alternative':
        return this.#alternative(part.children);
      case 'multipart/related':
        return this.#related(part);
      case 'multipart/signed':
        return this.#signed(part.children);
      case 'multipart/encrypted':
        this.#alterations.add(
          'the encrypted message was kept as attachments, and cannot be opened in place',
          'Exchange makes new MIME, so that PGP and S/MIME structures end',
        );
        return joined(part.children.map((child) => this.select(child, 'referred')));
      default:
        if (part.type === 'multipart/report') {
          this.#alterations.add(
            'the delivery report became an ordinary message with its parts attached',
            'Exchange makes reports itself and takes none through Graph',
          );
        }
        return joined(part.children.map((child) => this.select(child, place === 'referred' ? place : 'listed')));
    }
  }

  #leaf(part: ParsedPart, place: Place): Selection {
    const attached: Selection = { shown: [], attached: [part] };
    if (part.disposition === 'attachment' || place === 'referred') return attached;
    const isText = part.type === 'text/plain' || part.type === 'text/html' || FORMATTED.has(part.type);
    if (!isText || (place === 'listed' && part.filename !== null)) return attached;
    return this.#fits(part) ? { shown: [part], attached: [] } : this.#tooLong(part);
  }

  #tooLong(part: ParsedPart): Selection {
    this.#alterations.add(
      `the text of ${Math.ceil(part.size / 1024)} KB was kept as an attachment`,
      'one request to Exchange has no room for a body that long',
    );
    return { shown: [], attached: [part] };
  }

  /** The last one is the best (RFC 2046 §5.1.4), HTML before text; one that shows nothing is none. */
  #alternative(children: readonly ParsedPart[]): Selection {
    const choices = children.map((child) => this.select(child, child.children.length > 0 ? 'alone' : 'alternative'));
    const best = choices.reduce<Selection | null>(
      (before, choice) => (before === null || rank(choice) >= rank(before) ? choice : before),
      null,
    );
    const shown = best?.shown ?? [];
    const keptType = shown[0]?.type ?? '';
    const alike: ParsedPart[] = [];
    for (const part of choices.filter((choice) => choice !== best).flatMap((choice) => choice.shown)) {
      if (isBlank(part)) continue;
      const kind = NAMES[part.type] ?? part.type;
      if (part.type === keptType) {
        alike.push(part);
        this.#alterations.add(
          `one of several ${kind} alternatives was kept as an attachment`,
          'Exchange keeps one body; the last one was kept',
        );
      } else {
        this.#alterations.add(
          `the ${kind} alternative was left out`,
          `Exchange keeps one body; the ${NAMES[keptType] ?? keptType} one was kept`,
        );
      }
    }
    return { shown, attached: [...choices.flatMap(({ attached }) => attached), ...alike] };
  }

  /** RFC 2387: the root is the first part, or the one "start" names. */
  #related(part: ParsedPart): Selection {
    const start = part.parameters.start?.replace(/^\s*<|>\s*$/g, '');
    const named = start === undefined ? undefined : part.children.find(({ contentId }) => contentId === start);
    const root = named ?? part.children[0];
    return joined(part.children.map((child) => this.select(child, child === root ? 'alone' : 'referred')));
  }

  #signed(children: readonly ParsedPart[]): Selection {
    this.#alterations.add(
      'the signature cannot be verified any more; it was kept as an attachment',
      'Exchange makes new MIME, and a signature is over the old one',
    );
    return joined(children.map((child, index) => this.select(child, index === 0 ? 'alone' : 'referred')));
  }
}

const NAMES: Readonly<Record<string, string>> = { 'text/plain': 'plain-text', 'text/html': 'HTML' };

const joined = (selections: readonly Selection[]): Selection => ({
  shown: selections.flatMap(({ shown }) => shown),
  attached: selections.flatMap(({ attached }) => attached),
});

function rank({ shown }: Selection): number {
  const parts = shown.filter((part) => !isBlank(part));
  if (parts.some(({ type }) => type === 'text/html')) return 3;
  if (parts.some(({ type }) => type === 'text/plain')) return 2;
  return parts.length > 0 ? 1 : 0;
}

/** Nothing but white space: no alternative, and no loss. */
export const isBlank = ({ content, size }: ParsedPart): boolean =>
  size === 0 || (size < 4096 && content?.kind === 'memory' && /^[\s\0]*$/.test(content.bytes.toString('latin1')));
