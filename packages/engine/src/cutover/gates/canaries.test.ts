import { configSchema, type JournalEntry } from '@mxodus/model';
import { describe, expect, it, test } from 'vitest';
import { advanceCanaries, awaitedCanaries, countCanaries, noCanaries } from '../canary-progress.ts';
import { bouncesGate } from './bounces.ts';
import { type CanaryInputs, canariesGate } from './canaries.ts';

const SAFE_AT = Date.parse('2026-12-05T20:06:00.000Z');
const ANN = 'ann@example.com';
const BOB = 'bob@sub.example.com';

type At = 'new' | 'old' | 'bounced' | 'unsent' | null;

/** Seconds after the old records are out of every cache, where it is, and to whom. */
type Mail = [sent: number, at: At, recipient?: string];

function entriesOf(mails: readonly Mail[]): JournalEntry[] {
  const lines = mails.flatMap(([sent, at, recipient = ANN], index) => {
    const id = `m${index}`;
    const facts = { id, domain: recipient.slice(recipient.indexOf('@') + 1), recipient };
    const announced = { event: 'canary_sent', facts, sent } as const;
    if (at === null) return [announced];
    return [
      announced,
      { event: 'canary_seen', facts: { id, at, delay_ms: 1, why: '550 no such user' }, sent } as const,
    ];
  });
  return lines.map(({ sent, ...line }, index) => ({
    ...{ seq: index + 1, time: new Date(SAFE_AT + sent * 1000).toISOString(), state: 'PROPAGATING', prev: '' },
    ...line,
  }));
}

function inputs(
  mails: readonly Mail[],
  differs: { now?: number; recipients?: string[]; timed?: boolean } = {},
): CanaryInputs {
  const probe = { smtp_port: 25, canary: true, canary_every: '60s' };
  return {
    canaries: (differs.recipients ?? [ANN]).map((recipient) => ({ domain: 'example.com', recipient })),
    now: SAFE_AT + (differs.now ?? 100) * 1000,
    plan: { settings: configSchema.shape.cutover.parse({ probe }) },
    progress: {
      waits: differs.timed === false ? {} : { switch: { safeAt: SAFE_AT, arithmetic: '' } },
      canaries: entriesOf(mails).reduce(advanceCanaries, noCanaries),
    },
  };
}

describe('G12', () => {
  test.each<[string, string, readonly Mail[], Parameters<typeof inputs>[1]?]>([
    [
      'each arrived at the new host',
      'green',
      [
        [1, 'new'],
        [60, 'new'],
      ],
    ],
    [
      'a newer one is still on its way',
      'green',
      [
        [1, 'new'],
        [60, null],
      ],
    ],
    [
      'one before was overtaken',
      'amber',
      [
        [1, null],
        [60, 'new'],
      ],
    ],
    ['the only one is on its way', 'amber', [[1, null]]],
    ['none was sent since', 'amber', [[-5, 'new']]],
    ['one address has none yet', 'amber', [[1, 'new']], { recipients: [ANN, BOB] }],
    [
      'each address has one',
      'green',
      [
        [1, 'new'],
        [1, 'new', BOB],
      ],
      { recipients: [ANN, BOB] },
    ],
    [
      'one sent before came to the old host, rightly',
      'green',
      [
        [-5, 'old'],
        [1, 'new'],
      ],
    ],
    [
      'one sent since came to the old host',
      'red',
      [
        [1, 'new'],
        [60, 'old'],
      ],
    ],
    [
      'one came to the old host, and later ones did not',
      'amber',
      [
        [1, 'old'],
        [60, 'new'],
      ],
    ],
    [
      'one is nowhere for 16 minutes',
      'unknown',
      [
        [1, null],
        [60, 'new'],
      ],
      { now: 961 },
    ],
    [
      'none could be sent',
      'unknown',
      [
        [1, 'unsent'],
        [60, 'unsent'],
      ],
    ],
    [
      'one that could not be sent is followed by one that arrived',
      'green',
      [
        [1, 'unsent'],
        [60, 'new'],
      ],
    ],
    ['caches may still hold the old MX', 'amber', [[-9, 'old']], { now: -1 }],
    ['the new MX is not served everywhere', 'amber', [[1, 'new']], { timed: false }],
    ['no test mails are sent', 'amber', [], { recipients: [] }],
  ])('%s: %s', (_name, status, mails, differs) => {
    const gate = canariesGate(inputs(mails, differs));
    expect(gate).toMatchObject({ id: 'G12', status });
    expect(gate.why).not.toBe('');
  });
});

describe('G13', () => {
  test.each<[string, string, readonly Mail[], Parameters<typeof inputs>[1]?]>([
    [
      'none was refused',
      'green',
      [
        [-60, 'new'],
        [1, null],
      ],
    ],
    [
      'one was refused',
      'red',
      [
        [-60, 'bounced'],
        [1, null],
      ],
    ],
    [
      'one was refused at one address only',
      'red',
      [
        [-60, 'bounced'],
        [1, 'new', BOB],
      ],
      { recipients: [ANN, BOB] },
    ],
    [
      'one was refused, and a later one arrived',
      'amber',
      [
        [-60, 'bounced'],
        [1, 'new'],
      ],
    ],
    [
      'one was refused after one arrived',
      'red',
      [
        [1, 'new'],
        [60, 'bounced'],
      ],
    ],
    ['none could be sent', 'amber', [[1, 'unsent']]],
    ['no test mails are sent', 'amber', [], { recipients: [] }],
  ])('%s: %s', (_name, status, mails, differs) => {
    const gate = bouncesGate(inputs(mails, differs));
    expect(gate).toMatchObject({ id: 'G13', status });
    if (status === 'red') expect(gate).toMatchObject({ why: expect.stringContaining('550 no such user') });
    if (status === 'red') expect(gate.fix).toContain('rollback');
  });
});

describe('test mails', () => {
  it('are counted as the journal has them; where one was seen first, it stays', () => {
    const entries = entriesOf([
      [1, 'new'],
      [2, 'old'],
      [3, 'bounced'],
      [4, 'unsent'],
      [5, null],
    ]);
    const again = entriesOf([[1, 'old']]).slice(1);
    const progress = [...entries, ...again].reduce(advanceCanaries, noCanaries);
    expect(countCanaries(progress)).toEqual({ sent: 4, new: 1, old: 1, bounced: 1, unsent: 1, awaited: 1 });
    expect(awaitedCanaries(progress).map(({ id }) => id)).toEqual(['m4']);
    const started: JournalEntry = {
      ...{ seq: 9, time: '2026-12-06T00:00:00.000Z', state: 'DRAFT', prev: '' },
      ...{ event: 'started', facts: { plan: 'x', domains: [] } },
    };
    expect(advanceCanaries(progress, started)).toEqual(noCanaries);
  });
});
