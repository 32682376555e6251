import type { Difference, PartDifference } from './compare-copy.ts';
import type { Digests, IndependentView } from './independent-view.ts';

const VALID_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;
const FORMATTED = /^text\/(?:enriched|richtext|x-amp-html|(?:x-)?watch-html)$/;

/**
 * Why a copy may differ from what the independent parser sees. null: for no reason.
 *
 * @param altered what the report says of this message
 */
export function explain(difference: Difference, view: IndependentView, altered: readonly string[]): string | null {
  const says = (words: RegExp): boolean => altered.some((what) => words.test(what));
  if (says(/content was kept only as original\.eml/)) return 'named: kept as original.eml only';
  switch (difference.about) {
    case 'from':
      if (view.marked && difference.mine === '') return 'the parser does not see the field behind a byte order mark';
      if (difference.theirs === '') return says(/has no author/) ? 'named: no mail address in From' : null;
      return says(/out of From|place of the author/) ? 'named: another author' : null;
    case 'to':
    case 'cc':
      if (says(/out of (?:To|Cc)/))
        return `named: what is no mail address, or does not fit, is not in ${difference.about}`;
      if (difference.theirs.startsWith(`${difference.mine}, `))
        return 'the parser reads the first of several addresses without a comma';
      return isObsolete(difference) ? 'the parser reads no obsolete addresses (RFC 5322 §4.4)' : null;
    case 'subject':
      if (says(/the subject/)) return 'named: subject cut or without control characters';
      return difference.mine.includes('\ufffd') ? 'the parser does not read 8-bit text of an unnamed charset' : null;
    case 'message-id':
      return says(/Message-ID/) ? 'named: Message-ID' : null;
    case 'sent':
      return says(/date of sending/) ? 'named: date of sending' : null;
    case 'attachment lost':
      return isEarlyText(difference.part, view) ? EARLY_TEXT : lost(difference, says);
    case 'attachment more':
      if (says(/only in original\.eml/)) return 'named: more than 250 attachments';
      if (isEarlyText(difference.part, view)) return EARLY_TEXT;
      return difference.inBody && difference.part.type.startsWith('text/')
        ? 'text with a name, or one of several alternatives, is attached; the parser shows it in the body'
        : null;
    case 'words':
      return words(difference.lost, view, says);
  }
}

function lost({ part, inBody }: PartDifference, says: (words: RegExp) => boolean): string | null {
  if (says(/only in original\.eml/)) return 'named: more than 250 attachments';
  if (FORMATTED.test(part.type)) {
    if (says(/shown as plain text with its marks/)) return 'named: formatted text is the body';
    return says(/alternative was left out/) ? 'named: the formatted alternative was left out' : null;
  }
  return !VALID_TYPE.test(part.type) && inBody
    ? 'a part whose type is none is text (RFC 2045 §5.2), and in the body'
    : null;
}

function words(lost: readonly string[], view: IndependentView, says: (words: RegExp) => boolean): string | null {
  if (says(/alternative was left out/) && lost.length < view.words.size) return 'named: an alternative was left out';
  if (says(/text was read as|characters (?:that cannot be read were replaced|were left out)/))
    return 'named: charset or controls';
  if (view.undecoded) return 'the parser could not decode the text';
  return view.boundaryInText ? 'the parser shows delimiters and headers of parts as text' : null;
}

const EARLY_TEXT =
  'text without an empty line above it is content; the parser takes it for header, and sees an empty part';

const isEarlyText = ({ type }: Digests, { attachments }: IndependentView): boolean =>
  type.startsWith('text/') && attachments.some((part) => part.type === type && part.bytes.length === 0);

/** "<@a,@b:c@d>", "jdoe @ test . example". */
function isObsolete({ mine, theirs }: { mine: string; theirs: string }): boolean {
  const [seen, kept] = [mine.split(', '), theirs.split(', ')];
  return (
    mine !== '' &&
    theirs !== '' &&
    seen.length === kept.length &&
    seen.every((address, at) => address.endsWith(kept[at] ?? '\n') || (kept[at] ?? '').startsWith(address))
  );
}
