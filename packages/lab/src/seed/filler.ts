import { createRandom, type Random } from './random.ts';

const WORDS = (
  'the of and a to in is you that it was for on are as with his they at be this from have or by one had not but what all ' +
  'were when we there can an your which their said if do will each about how up out them then she many some so these would ' +
  'invoice meeting contract Tuesday budget offer delivery server backup holiday order customer Größe naïve résumé Straße ' +
  'Ελλάδα Москва 東京 会議 señor façade price list schedule drawing sample revision'
).split(' ');

/** Text and attachment data by the metre, CRLF line ends. Each piece begins at a line of its own choice. */
export interface Filler {
  /** About `bytes` bytes of prose, whole lines. */
  text(bytes: number): string;
  /** About `bytes` bytes of base64, whole lines. */
  base64(bytes: number): string;
}

const LINES = 2_000;

interface Metre {
  prose: readonly string[];
  data: readonly string[];
}

/** The same for all mailboxes: making it takes as long as writing a hundred messages. */
let metre: Metre | undefined;

export function createFiller(random: Random): Filler {
  metre ??= makeMetre(createRandom('metre'));
  const { prose, data } = metre;
  return {
    text: (bytes) => take(prose, random, bytes),
    base64: (bytes) => take(data, random, bytes),
  };
}

function makeMetre(random: Random): Metre {
  return {
    prose: Array.from({ length: LINES }, () => proseLine(random)),
    data: Array.from({ length: LINES }, () =>
      Buffer.from(Array.from({ length: 57 }, () => random.below(256))).toString('base64'),
    ),
  };
}

function proseLine(random: Random): string {
  let line = random.pick(WORDS);
  const length = 20 + random.below(50);
  while (line.length < length) line += ` ${random.pick(WORDS)}`;
  return line;
}

function take(lines: readonly string[], random: Random, bytes: number): string {
  const taken: string[] = [];
  let at = random.below(lines.length);
  for (let size = 0; size < bytes; at++) {
    const line = lines[at % lines.length] ?? '';
    taken.push(line);
    size += line.length + 2;
  }
  return `${taken.join('\r\n')}\r\n`;
}
