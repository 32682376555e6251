import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MxodusError } from '@mxodus/model';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configProblems } from './config-error.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { resolveMailboxes } from './resolve-mailboxes.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mxodus-config-'));
});

afterEach(() => rm(dir, { recursive: true }));

async function load(yaml: string, files: Record<string, string> = {}): Promise<LoadedConfig> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  await writeFile(join(dir, 'mxodus.yaml'), yaml);
  return loadConfig(join(dir, 'mxodus.yaml'));
}

/** `CODE file:line what; advice` of every problem; [] when the config is good. */
async function problems(yaml: string, files: Record<string, string> = {}): Promise<string[]> {
  try {
    await load(yaml, files);
    return [];
  } catch (error) {
    if (!(error instanceof MxodusError)) throw error;
    const place = (where: string | undefined): string => (where ?? '').replace(`${dir}/`, '');
    return configProblems(error).map((p) => `${p.code} ${place(p.where)} ${p.what}`.replaceAll(`${dir}/`, ''));
  }
}

async function failure(yaml: string, files: Record<string, string> = {}): Promise<MxodusError> {
  try {
    await load(yaml, files);
  } catch (error) {
    if (error instanceof MxodusError) return error;
    throw error;
  }
  throw new Error('the config was accepted');
}

const GOOD = `version: 1
project: acme
servers:
  old: { kind: imap, host: mail.old.example }
  new: { kind: imap, host: imap.new.example, tls: starttls, auth: { method: master, user: admin, password: { env: M } } }
mailboxes:
  - { address: ann@example.com, source: old, user: ann, password: { env: ANN_PW } }
  - { address: Bob@example.com, source: old, password: { file: bob.pw }, destination: { user: bobby } }
assign:
  - { match: "ann@*", to: new, address: "{local}@mail.{domain}" }
  - { match: "*", to: new }
`;

/** GOOD with lines replaced: `{ 7: '…' }`; null removes one. */
function good(changes: Record<number, string | null> = {}, more = ''): string {
  const lines = GOOD.trimEnd().split('\n');
  for (const [line, text] of Object.entries(changes)) lines[Number(line) - 1] = text ?? '';
  return `${lines.join('\n')}\n${more}`;
}

describe('a good config', () => {
  test('gives every mailbox its two ends, with the defaults', async () => {
    expect(resolveMailboxes(await load(GOOD))).toEqual([
      {
        address: 'ann@example.com',
        source: { server: 'old', user: 'ann', password: { env: 'ANN_PW' } },
        destination: { server: 'new', user: 'ann@mail.example.com', address: 'ann@mail.example.com', password: null },
        wave: null,
      },
      {
        address: 'Bob@example.com',
        source: { server: 'old', user: 'Bob@example.com', password: { file: 'bob.pw' } },
        destination: { server: 'new', user: 'bobby', address: 'Bob@example.com', password: null },
        wave: null,
      },
    ]);
  });

  test('knows the folder its relative paths start at', async () => {
    expect((await load(GOOD)).baseDir).toBe(dir);
  });

  test.each([
    ['comments, order and defaults written out change nothing', `# hello\nsync: { deletes: keep }\n${GOOD}`, true],
    ['another host does', GOOD.replace('mail.old', 'mail2.old'), false],
    ['another wait of the cutover does', `${GOOD}cutover: { poll: 11s }\n`, false],
    ['another mailbox does', good({ 7: '  - { address: eve@example.com, source: old, password: { env: E } }' }), false],
    [
      'a gate is waived',
      good({}, 'cutover: { waive: [{ gate: G3, by: ann, until: 2026-12-06, why: catch-all }] }\n'),
      true,
    ],
    ['a wait is another', good({}, 'cutover: { ttl: 61 }\n'), false],
  ])('has a hash of what it means: %s', async (_name, yaml, same) => {
    const [a, b] = [await load(GOOD), await load(yaml)];
    expect(a.sha256 === b.sha256).toBe(same);
  });

  test('has a hash of the rows of its lists too', async () => {
    const yaml = good({ 7: '  - { file: list.csv, source: old }' });
    const a = await load(yaml, { 'list.csv': 'address,password_env\nann@example.com,A\n' });
    const b = await load(yaml, { 'list.csv': 'address,password_env\nann@example.com,B\n' });
    const c = await load(yaml, { 'list.csv': 'password_env;address\n\nA;ann@example.com\n' });
    expect(a.sha256).not.toBe(b.sha256);
    expect(a.sha256).toBe(c.sha256);
  });

  test('takes anchors, aliases and merges', async () => {
    const yaml = good(
      {},
      `domains:
  example.com: { mx: &mx { to: new, records: [{ host: mx1, preference: 10 }] }, dns: &zone { provider: manual, zone: example.com } }
  sub.example.com: { mx: { <<: *mx, to: old }, dns: *zone }
`,
    );
    const { domains } = (await load(yaml)).config;
    expect(domains['sub.example.com']).toMatchObject({
      mx: { to: 'old', records: [{ host: 'mx1', preference: 10 }] },
      dns: { provider: 'manual', zone: 'example.com' },
    });
  });
});

test("the design's own example is taken as it is", async () => {
  const yaml = await readFile(new URL('./design-example.yaml', import.meta.url), 'utf8');
  const csv = 'address,password_env,to\nsales-uk@example.com,S_PW,m365\n';
  expect(await problems(yaml, { 'mailboxes.csv': csv })).toEqual([]);
});

describe('a wrong key or value is told with its line', () => {
  test.each<[string, string, string[]]>([
    [
      'an unknown key',
      good({ 4: '  old: { kind: imap, host: h, prot: 993 }' }),
      ['CONFIG_INVALID mxodus.yaml:4 `prot` is not a known key in `servers.old`'],
    ],
    [
      'an unknown key at the top',
      good({}, 'snyc: {}\n'),
      ['CONFIG_INVALID mxodus.yaml:12 `snyc` is not a known key at the top level'],
    ],
    [
      'a typo of a needed key is one problem',
      good({ 4: '  old: { kind: imap, hots: h }' }),
      ['CONFIG_INVALID mxodus.yaml:4 `hots` is not a known key in `servers.old`'],
    ],
    ['a missing key', good({ 2: null }), ['CONFIG_INVALID mxodus.yaml:1 `project` is missing']],
    [
      'a value of another type',
      good({ 4: '  old: { kind: imap, host: h, port: "993" }' }),
      ['CONFIG_INVALID mxodus.yaml:4 `servers.old.port` is wrong'],
    ],
    [
      'nothing where a value is needed',
      good({ 4: '  old: { kind: imap, host: }' }),
      ['CONFIG_INVALID mxodus.yaml:4 `servers.old.host` is wrong'],
    ],
    [
      'an unknown kind',
      good({ 4: '  old: { kind: pop3, host: h }' }),
      ['CONFIG_INVALID mxodus.yaml:4 `servers.old.kind` is wrong'],
    ],
    [
      'no address',
      good({ 7: '  - { address: ann, source: old, password: { env: A } }' }),
      ['CONFIG_INVALID mxodus.yaml:7 `mailboxes[0].address` is wrong'],
    ],
    [
      'an entry that is neither mailbox nor list',
      good({ 7: '  - ann@example.com' }),
      ['CONFIG_INVALID mxodus.yaml:7 `mailboxes[0]` is wrong'],
    ],
    [
      'a duration without a unit it knows',
      good({}, 'cutover:\n  poll: 10 parsecs\n'),
      ['CONFIG_INVALID mxodus.yaml:13 `cutover.poll` is wrong'],
    ],
    [
      'an empty list of mailboxes',
      'version: 1\nproject: a\nservers: {}\nmailboxes: []\nassign: [{match: "*", to: x}]\n',
      ['CONFIG_INVALID mxodus.yaml:4 `mailboxes` is wrong'],
    ],
    ['a file that is no mapping', 'hello\n', ['CONFIG_INVALID mxodus.yaml:1 the config is wrong']],
    ['an empty file', '', ['CONFIG_INVALID mxodus.yaml:1 the config is wrong']],
    [
      'what an alias or a merge brings in, where it is written',
      good(
        {},
        `domains:
  x.example: { mx: &m { to: new, records: [{ host: a, preference: x }] }, dns: { provider: manual, zone: x.example } }
  y.x.example: { mx: *m, dns: { provider: manual, zone: x.example } }
  z.x.example: { mx: { <<: *m }, dns: { provider: manual, zone: x.example } }
`,
      ),
      [
        'CONFIG_INVALID mxodus.yaml:13 `domains.x.example.mx.records[0].preference` is wrong',
        'CONFIG_INVALID mxodus.yaml:13 `domains.y.x.example.mx.records[0].preference` is wrong',
        'CONFIG_INVALID mxodus.yaml:13 `domains.z.x.example.mx.records[0].preference` is wrong',
      ],
    ],
    [
      'all of them, by line',
      good({ 11: '  - { match: "*", too: new }', 1: 'version: 2', 4: '  old: { kind: imap, host: h, tls: ssl }' }),
      [
        'CONFIG_INVALID mxodus.yaml:1 `version` is wrong',
        'CONFIG_INVALID mxodus.yaml:4 `servers.old.tls` is wrong',
        'CONFIG_INVALID mxodus.yaml:11 `too` is not a known key in `assign[1]`',
      ],
    ],
  ])('%s', async (_name, yaml, expected) => expect(await problems(yaml)).toEqual(expected));

  test('a misspelt key is read as what it stands for, so it hides no other problem and makes none', async () => {
    const yaml = good({
      4: '  old: { kind: imap, hots: mail.old.example, tls: none }',
      7: '  - { adress: ann@example.com, suorce: odl, pasword: { env: A } }',
    });
    expect(await problems(yaml)).toEqual([
      'CONFIG_INVALID mxodus.yaml:4 `hots` is not a known key in `servers.old`',
      'CLEARTEXT_REFUSED mxodus.yaml:4 `servers.old.tls` is none, and mail.old.example is not this machine',
      'CONFIG_INVALID mxodus.yaml:7 `adress` is not a known key in `mailboxes[0]`',
      'CONFIG_INVALID mxodus.yaml:7 `suorce` is not a known key in `mailboxes[0]`',
      'CONFIG_INVALID mxodus.yaml:7 `pasword` is not a known key in `mailboxes[0]`',
      'CONFIG_INVALID mxodus.yaml:7 `mailboxes[0].source` names the server "odl", which is not there',
    ]);
  });

  test('a key of another kind of entry is no typo of itself', async () => {
    const error = await failure(
      good({ 7: '  - { address: ann@example.com, source: old, password: { env: A }, file: x }' }),
    );
    expect(error).toMatchObject({
      what: '`file` is not a known key in `mailboxes[0]`',
      advice: 'remove it, or see docs/config.md',
    });
  });

  test.each([
    [good({ 4: '  old: { kind: imap, host: h, prot: 993 }' }), 'did you mean `port`?'],
    [good({ 4: '  old: { kind: imap, Host: h }' }), 'did you mean `host`?'],
    [good({ 4: '  old: { kind: imap, host: h, tenant: x }' }), 'remove it, or see docs/config.md'],
    [good({}, 'sync: { folders: { exlude: [a] } }\n'), 'did you mean `exclude`?'],
    [good({ 10: '  - { match: "ann@*", to: nwe }' }), 'did you mean `new`?'],
  ])('the nearest known word is named (%#)', async (yaml, advice) => {
    expect((await failure(yaml)).advice).toBe(advice);
  });

  test('what a value must be is said', async () => {
    expect((await failure(good({ 4: '  old: { kind: imap, host: h, port: "993" }' }))).why).toBe(
      'expected a number, found text',
    );
    expect((await failure(good({}, 'cutover: { poll: soon }\n'))).why).toBe(
      'expected a duration such as 60s, 5m or 48h',
    );
    expect((await failure(good({}, 'cutover: { window: soon }\n'))).why).toMatch(/^expected `now`, or /);
  });
});

describe('YAML that cannot be read', () => {
  test.each([
    ['a bracket that is not closed', 'version: 1\nservers: { a: { kind: imap\nproject: x\n', 'mxodus.yaml:'],
    ['a tab', 'servers:\n\told: 1\n', 'mxodus.yaml:2:'],
    ['a key twice', 'version: 1\nproject: a\nproject: b\n', 'mxodus.yaml:3:1'],
    ['two documents', 'version: 1\n---\nversion: 1\n', 'mxodus.yaml:2'],
    ['an alias without an anchor', 'version: 1\nproject: *nowhere\n', 'mxodus.yaml:2:10'],
  ])('%s is told with line and column', async (_name, yaml, place) => {
    const error = await failure(yaml);
    expect(error.code).toBe('CONFIG_SYNTAX');
    expect(error.where).toContain(place);
  });

  test('aliases that blow up are an error, not a full memory', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i += 1) {
      const [from, to] = [String.fromCharCode(96 + i), String.fromCharCode(97 + i)];
      bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(', ')}]`);
    }
    expect((await failure(`${bomb.join('\n')}\n`)).code).toBe('CONFIG_SYNTAX');
  });
});

describe('a literal secret', () => {
  const literals = [
    ['a password', '  - { address: ann@example.com, source: old, password: hunter2 }'],
    ['as a key', '  - { address: ann@example.com, source: old, password: { hunter2: } }'],
    ['under a wrong key', '  - { address: ann@example.com, source: old, password: { value: hunter2 } }'],
    ['like an alias', '  - { address: ann@example.com, source: old, password: *hunter2 }'],
    ['like a tag', '  - { address: ann@example.com, source: old, password: !hunter2 }'],
    ['like a block', '  - address: ann@example.com\n    password: |hunter2\n'],
    ['with a bad escape', '  - { address: ann@example.com, source: old, password: "hunter2\\q" }'],
    ['with a bracket', '  - { address: ann@example.com, source: old, password: hunter2} }'],
    ['in a list', '  - { address: ann@example.com, source: old, password: [hunter2] }'],
    ['at a wrong key beside', '  - { address: ann@example.com, source: old, pasword: hunter2 }'],
  ] as const;

  test.each(literals)('is refused and never repeated: %s', async (_name, line) => {
    const error = await failure(good({ 7: line }));
    const told = configProblems(error).map((p) =>
      JSON.stringify([p.what, p.why, p.advice, p.where, p.message, p.stack]),
    );
    expect(error.where).toMatch(/mxodus\.yaml:[78]/);
    expect(told.join('\n')).not.toMatch(/hunter2/);
  });

  test('is called what it is', async () => {
    expect(await problems(good({ 7: literals[0][1] }))).toEqual([
      'CONFIG_INVALID mxodus.yaml:7 `mailboxes[0].password` is a literal secret',
    ]);
  });
});

describe('what several keys say together', () => {
  test.each<[string, string, string[]]>([
    [
      'a source that is no server',
      good({ 7: '  - { address: ann@example.com, source: odl, password: { env: A } }' }),
      ['CONFIG_INVALID mxodus.yaml:7 `mailboxes[0].source` names the server "odl", which is not there'],
    ],
    [
      'a rule to no server',
      good({ 11: '  - { match: "*", to: x }' }),
      ['CONFIG_INVALID mxodus.yaml:11 `assign[1].to` names the server "x", which is not there'],
    ],
    [
      'a mailbox no rule takes',
      good({ 11: null }),
      ['CONFIG_INVALID mxodus.yaml:8 Bob@example.com matches no rule of `assign`'],
    ],
    [
      'no password at the source',
      good({ 7: '  - { address: ann@example.com, source: old }' }),
      ['CONFIG_INVALID mxodus.yaml:7 ann@example.com has no password for its source, server "old"'],
    ],
    [
      'no password at the destination',
      good({ 5: '  new: { kind: imap, host: h }' }),
      [
        'CONFIG_INVALID mxodus.yaml:7 ann@example.com has no password for its destination, server "new"',
        'CONFIG_INVALID mxodus.yaml:8 Bob@example.com has no password for its destination, server "new"',
      ],
    ],
    [
      'one address twice, whatever its case',
      good({ 8: '  - { address: ANN@example.com, source: old, password: { env: A } }' }),
      ['CONFIG_INVALID mxodus.yaml:8 ANN@example.com is there twice'],
    ],
  ])('%s', async (_name, yaml, expected) => expect(await problems(yaml)).toEqual(expected));

  test('an address that is there twice names both places', async () => {
    const error = await failure(good({ 8: '  - { address: ANN@example.com, source: old, password: { env: A } }' }));
    expect(error.why).toContain('mxodus.yaml:7');
  });
});

describe('a mailbox list', () => {
  const yaml = good({ 7: '  - { file: lists/all.csv, source: old }' });
  const withList = async (csv: string): Promise<string[]> => {
    await mkdir(join(dir, 'lists'));
    return problems(yaml, { 'lists/all.csv': csv });
  };

  test('that is not there', async () => {
    expect(await problems(yaml)).toEqual(['CSV_INVALID mxodus.yaml:7 the mailbox list lists/all.csv cannot be read']);
  });

  test('tells every line that is wrong, and no value of it', async () => {
    const csv = [
      'address,password_env,password_file,to,new_address',
      'ann@example.com,A',
      '',
      ',A',
      'nobody,A',
      'eve@example.com,A,a.pw',
      'joe@example.com,A,,nwe',
      'kim@example.com',
      'lea@example.com,A,,,here',
      'max@example.com,A,,,,,hunter2',
      'bob@example.com,A',
    ].join('\r\n');
    expect(await withList(`\uFEFF${csv}`)).toEqual([
      'CSV_INVALID lists/all.csv:4 `address` is empty',
      'CSV_INVALID lists/all.csv:5 `address` is no address',
      'CSV_INVALID lists/all.csv:6 `password_env` and `password_file` are both given',
      'CONFIG_INVALID lists/all.csv:7 `to` of joe@example.com names the server "nwe", which is not there',
      'CONFIG_INVALID lists/all.csv:8 kim@example.com has no password for its source, server "old"',
      'CSV_INVALID lists/all.csv:9 `new_address` is no address',
      'CSV_INVALID lists/all.csv:10 there are 7 values for 5 columns',
      'CONFIG_INVALID mxodus.yaml:8 Bob@example.com is there twice',
    ]);
  });

  test('says where each goes, and its own columns come first', async () => {
    const csv = `address;user;password_file;to;new_address;to_user;to_password_env
ann@example.com;;a.pw;;;;
eve@other.example;eve;e.pw;new;e@new.example;;E_NEW
joe@other.example;joe;j.pw;new;;jj;
`;
    await mkdir(join(dir, 'lists'));
    const loaded = await load(good({ 7: '  - { file: lists/all.csv, source: old }', 11: null, 8: null }), {
      'lists/all.csv': csv,
    });
    expect(resolveMailboxes(loaded).map(({ source, destination }) => [source.user, destination])).toEqual([
      [
        'ann@example.com',
        { server: 'new', user: 'ann@mail.example.com', address: 'ann@mail.example.com', password: null },
      ],
      ['eve', { server: 'new', user: 'e@new.example', address: 'e@new.example', password: { env: 'E_NEW' } }],
      ['joe', { server: 'new', user: 'jj', address: 'joe@other.example', password: null }],
    ]);
  });
});

test('a config that is not there is named', async () => {
  const error = await loadConfig(join(dir, 'none.yaml')).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CONFIG_NOT_FOUND', exitCode: 2, where: join(dir, 'none.yaml') });
});

test('a folder is no config', async () => {
  await expect(loadConfig(dir)).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND', why: 'the system says EISDIR' });
});
