import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '@mxodus/model';
import { planOf } from '../../apps/cli/src/views/sample-plan.ts';
import { hashPlan } from '../../packages/runner/src/plan/hash-plan.ts';

/** Ann keeps her address, Bob gets one of a sub-domain; one mail host is in the zone, the others are elsewhere. */
export function splitPlan(): Plan {
  const { mailboxes, ...rest } = planOf(['ann@example.com', 'bob@example.com'], 9);
  const plan: Plan = {
    ...rest,
    mailboxes: mailboxes.map((mailbox) => {
      const isAnn = mailbox.address.startsWith('ann');
      const address = isAnn ? mailbox.address : 'bob@mail.example.com';
      return { ...mailbox, destination: { server: isAnn ? 'm365' : 'new', user: address, address } };
    }),
    domains: [
      {
        ...{ domain: 'mail.example.com', zone: 'example.com', provider: 'cloudflare', authoritative: [] },
        before: { ttl: 300, records: [] },
        after: { ttl: 3600, records: [{ host: 'mx.new.example', preference: 10 }] },
      },
      {
        ...{ domain: 'example.com', zone: 'example.com', provider: 'cloudflare', authoritative: [] },
        before: { ttl: 3600, records: [{ host: 'mx.example.com', preference: 10 }] },
        after: { ttl: 3600, records: [{ host: 'example-com.mail.protection.outlook.com', preference: 0 }] },
        others: [
          {
            ...{ name: 'example.com', type: 'TXT', when: 'stage', why: 'the config' },
            before: { ttl: 300, records: ['v=spf1 mx -all'] },
            after: { ttl: 300, records: ['v=spf1 mx include:spf.example -all'] },
          },
        ],
      },
    ],
  };
  return { ...plan, sha256: hashPlan(plan) };
}

/** A plan in a folder where there is nothing else: no config, no secrets. */
export async function alone(plan: Plan): Promise<{ dir: string; path: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'mxs-'));
  const path = join(dir, 'acme.plan.json');
  await writeFile(path, JSON.stringify(plan));
  return { dir, path, remove: () => rm(dir, { recursive: true, force: true }) };
}
