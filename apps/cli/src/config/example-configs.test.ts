import { globSync } from 'node:fs';
import { readPlan } from '@mxodus/runner';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';
import { resolveMailboxes } from './resolve-mailboxes.ts';

const PLANS = new URL('../../../../plans/', import.meta.url).pathname;

describe.each(globSync('*.yaml', { cwd: PLANS }))('the example plans/%s', (name) => {
  it('is a config this version can use', async () => {
    const loaded = await loadConfig(PLANS + name);
    expect(resolveMailboxes(loaded)).toHaveLength(loaded.mailboxes.length);
  });
});

it('the example plan is of the example config, and stays so', async () => {
  const { sha256, config } = await loadConfig(`${PLANS}imap-to-imap.yaml`);
  const plan = await readPlan(`${PLANS}small-office.plan.json`);
  expect([plan.project, plan.config_sha256]).toEqual([config.project, sha256]);
});
