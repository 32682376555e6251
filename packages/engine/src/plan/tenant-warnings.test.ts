import type { ProbeFault, ProbeResult, TenantDomain, TenantPermission } from '@mxodus/model';
import { expect, test } from 'vitest';
import {
  domainTrouble,
  permissionTrouble,
  permissionWarnings,
  probeTrouble,
  probeWarnings,
} from './tenant-warnings.ts';

const permission = (over: Partial<TenantPermission>): TenantPermission => ({
  name: 'Some.Read.All',
  need: 'audit',
  why: 'it says so',
  state: 'granted',
  ...over,
});

test.each<[Partial<TenantPermission>, string[], boolean]>([
  [{}, [], false],
  [{ state: 'missing' }, ['PERMISSION'], false],
  [{ state: 'unproven' }, [], false],
  [{ state: 'unproven', need: 'required' }, [], false],
  [{ state: 'unproven', need: 'recommended' }, ['PERMISSION'], false],
  [{ state: 'missing', need: 'writer' }, ['PERMISSION'], true],
])('a permission %o', (over, codes, stops) => {
  expect(permissionWarnings([permission(over)], 'm365').map(({ code }) => code)).toEqual(codes);
  expect(permissionTrouble([permission(over)], 'm365') !== null).toBe(stops);
});

const probe = (writer: ProbeResult['writer'], faults: ProbeFault[]): ProbeResult => ({
  writer,
  user: 'ann@new.example',
  faults: faults.map((fault) => ({ fault, words: `words of ${fault}` })),
  arrival: null,
  left: null,
});

test.each<[ProbeResult['writer'], ProbeFault[], string | null, number]>([
  ['graph-json', [], null, 0],
  ['graph-json', ['draft'], 'words of draft', 0],
  ['graph-json', ['date', 'read'], 'words of date', 1],
  ['graph-json', ['key'], 'words of key', 0],
  ['graph-json', ['search', 'read', 'sent', 'headers'], null, 4],
  ['graph-importmime', ['key', 'read'], null, 2],
  ['graph-importmime', ['refused'], 'words of refused', 0],
])('a probe by %s with %j', (writer, faults, why, warnings) => {
  const result = probe(writer, faults);
  const trouble = probeTrouble(result, 'm365');
  expect(trouble === null ? null : [trouble.code, trouble.why]).toEqual(
    why === null ? null : ['TENANT_PROBE_FAILED', why],
  );
  expect(probeWarnings(result, 'm365')).toHaveLength(warnings);
});

test('what a probe left behind is told', () => {
  expect(probeWarnings({ ...probe('graph-json', []), left: 'a folder' }, 'm365')[0]?.text).toBe(
    'not removed from the mailbox of ann@new.example: a folder',
  );
});

const nobody = { known: true, value: null } as const;
const txt = { name: 'a.example', text: 'MS=ms1', ttl: 3600 };

test.each<[TenantDomain, string | null, RegExp]>([
  [{ domain: 'a.example', kind: 'verified' }, null, /^$/],
  [{ domain: 'a.example', kind: 'unknown', why: 'x' }, null, /^$/],
  [
    { domain: 'a.example', kind: 'not-verified', txt, elsewhere: nobody },
    'DOMAIN_NOT_VERIFIED',
    /^publish a\.example TXT "MS=ms1"/,
  ],
  [{ domain: 'a.example', kind: 'not-added', elsewhere: { known: false, why: 'x' } }, 'DOMAIN_NOT_VERIFIED', /^add it/],
  [
    { domain: 'a.example', kind: 'not-added', elsewhere: { known: true, value: 'guid' } },
    'DOMAIN_ELSEWHERE',
    /removes it there first/,
  ],
])('a domain %o', (domain, code, advice) => {
  const trouble = domainTrouble(domain, 'm365');
  expect(trouble?.code ?? null).toBe(code);
  expect(trouble?.advice ?? '').toMatch(advice);
});
