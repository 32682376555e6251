import { globSync, readFileSync } from 'node:fs';
import { readPlan } from '@mxodus/runner';
import { describe, expect, it } from 'vitest';

/** That the example configs load is tested beside the loader (apps/cli/src/config/example-configs.test.ts). */

const PLANS = new URL('../plans/', import.meta.url).pathname;
const files = (pattern: string): string[] => globSync(pattern, { cwd: PLANS }).sort();

it('there are examples to look at', () => {
  expect(files('*.yaml')).toHaveLength(5);
  expect(files('*.plan.json')).toHaveLength(1);
});

describe.each(files('*.plan.json'))('the example %s', (name) => {
  it('is a plan with the hash of what is in it', async () => {
    const plan = await readPlan(PLANS + name);
    expect(name).toBe(`${plan.project}.plan.json`);
  });
});

describe.each(files('*'))('the example %s', (name) => {
  it('has no address that could be a real one', () => {
    const addresses = [...readFileSync(PLANS + name, 'utf8').matchAll(/[\w.}-]+@([\w.-]+\w)/g)];
    const domains = addresses.map(([, domain = '']) => domain);
    expect(domains.filter((domain) => !/(^|\.)(example\.(com|net|org)|example)$/.test(domain))).toEqual([]);
  });
});

it('the first example is the one in the documentation', () => {
  const page = readFileSync(new URL('../docs/config.md', import.meta.url), 'utf8');
  expect(page).toContain(readFileSync(`${PLANS}imap-to-imap.yaml`, 'utf8'));
});
