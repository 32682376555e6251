import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../apps/cli/src/config/yaml-source.ts';
import { composeBreaches } from './compose-rules.ts';
import { type ComposeFile, composeSchema } from './compose-schema.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const parse = (text: string): ComposeFile => composeSchema.parse(parseYaml(text, 'docker-compose.yml').value);

const text = read('docker-compose.yml');
const compose = parse(text);

describe('docker-compose.yml', () => {
  it('is a Compose file, and keeps the rules of one that is open to a network', () => {
    expect(composeBreaches(compose)).toEqual([]);
  });

  it('is a fleet: what starts by itself is Redis, PostgreSQL and two workers', () => {
    const started = Object.entries(compose.services).filter(([, { profiles }]) => profiles === undefined);
    expect(started.map(([name, { deploy }]) => `${deploy?.replicas ?? 1} ${name}`)).toEqual([
      '1 redis',
      '1 postgres',
      '2 worker',
    ]);
  });

  it('has a Redis that drops no key and writes down what it knows', () => {
    expect([compose.services.redis?.command].flat().join(' ')).toMatch(
      /--appendonly yes --appendfsync everysec .*--maxmemory-policy noeviction/,
    );
  });

  it('hides Redis and PostgreSQL from everybody but mxodus', () => {
    expect(compose.networks.data).toEqual({ internal: true });
    expect(compose.services).toMatchObject({ redis: { networks: ['data'] }, postgres: { networks: ['data'] } });
  });

  it('gives a worker longer to stop than it takes, and waits for what it needs', () => {
    const { stop_grace_period, depends_on } = compose.services.worker ?? {};
    expect(Number.parseInt(stop_grace_period ?? '', 10)).toBeGreaterThan(30);
    expect(Object.keys(depends_on ?? {})).toEqual(['redis', 'postgres']);
  });

  it('has every variable, file and command that an operator has to know in docs/fleet.md', () => {
    const names = [
      ...[...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name ?? ''),
      ...Object.values(compose.secrets).map(({ file }) => file),
      ...Object.values(compose.services).flatMap(({ env_file = [] }) => env_file.map(({ path }) => path)),
      ...Object.entries(compose.services).flatMap(([name, { profiles }]) => (profiles?.includes('cli') ? [name] : [])),
    ];
    const guide = read('docs/fleet.md');
    expect(names.length).toBeGreaterThan(6);
    expect(names.filter((name) => !guide.includes(name))).toEqual([]);
  });

  it('keeps the operator’s own files out of git', () => {
    expect(read('.gitignore').split('\n')).toEqual(expect.arrayContaining(['/config/', '/secrets/']));
  });
});

describe('the rules', () => {
  it.each([
    ['redis:7.2.11-bookworm', 'redis:latest', 'redis: image redis:latest is not pinned'],
    ['redis:7.2.11-bookworm', 'redis:7-bookworm', 'redis: image redis:7-bookworm is not pinned'],
    ['    user: postgres\n', '', 'postgres: it runs as root'],
    ['    user: postgres\n', '    user: "0:0"\n', 'postgres: it runs as root'],
    ['  read_only: true\n', '', 'worker: its root is not read-only'],
    ['  cap_drop: [ALL]\n', '', 'redis: it keeps capabilities'],
    ['POSTGRES_PASSWORD_FILE: /run/secrets/', 'POSTGRES_PASSWORD: ', 'postgres: POSTGRES_PASSWORD in its environment'],
    ['exec redis-server', 'exec redis-server --requirepass x', 'redis: a password in its command line'],
    ['[redis_url, database_url]', '[redis_url]', 'nobody uses the secret database_url'],
    ['postgres:/var/lib', 'data:/var/lib', 'postgres: no volume data'],
    ['redis: { condition', 'broker: { condition', 'worker: no service broker'],
  ])('find %j turned into %j', (from, to, breach) => {
    expect(text).toContain(from);
    expect(composeBreaches(parse(text.replaceAll(from, to))).join('\n')).toContain(breach);
  });

  it.each([
    ['stop_grace_period: 35s', 'stop_grace_periods: 35s'],
    ['stop_grace_period: 35s', 'stop_grace_period: 35'],
    ['replicas: 2', 'replicas: two'],
    ['volumes:\n  redis: {}', 'volume:\n  redis: {}'],
  ])('refuse %j turned into %j', (from, to) => {
    expect(text).toContain(from);
    expect(() => parse(text.replace(from, to))).toThrow();
  });
});
