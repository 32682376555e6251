import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Who may import whom (docs/architecture.md). npm lets undeclared imports of a sibling pass, so this test does not. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/model': [],
  'packages/engine': ['model'],
  'packages/mail': ['model'],
  'packages/dns': ['model'],
  'packages/ledger': ['model'],
  'packages/queue': ['model'],
  'packages/lab': ['model'],
  'packages/smtp': ['model'],
  'packages/runner': ['engine', 'model'],
  'apps/worker': ['model', 'runner'],
  'apps/cli': ['dns', 'engine', 'lab', 'ledger', 'mail', 'model', 'queue', 'runner', 'smtp', 'worker'],
};
/** Only tests drive real servers. */
const TESTS_MAY_ALSO_IMPORT = ['lab'];
/** Folders of `mail` that belong to no one mail system. */
const BESIDE_ALL = ['with', 'auth'];
const FORBIDDEN_NAMES = ['shared', 'common', 'utils', 'helpers', 'lib'];
const NEVER_IN_ENGINE = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bTemporal\.Now\b|\bconsole\./;

const ROOT = new URL('..', import.meta.url).pathname;

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

interface SourceFile {
  path: string;
  workspace: string;
  isTest: boolean;
  text: string;
  imports: string[];
}

const manifestOf = (workspace: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, workspace, 'package.json'), 'utf8'));

function sources(): SourceFile[] {
  return globSync('{apps,packages}/*/src/**/*.{ts,tsx}', { cwd: ROOT }).map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const imports = [
      ...text.matchAll(
        /^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|^import\s+'([^']+)'/gm,
      ),
    ];
    return {
      path,
      workspace: path.split('/').slice(0, 2).join('/'),
      isTest: /\.test(\.support)?\.ts$/.test(path),
      text,
      imports: imports.map((match) => match[1] ?? match[2] ?? match[3] ?? ''),
    };
  });
}

const isBuiltin = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name);
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const files = sources();

/** Every import that breaks `rule`, as "file imports what". */
function breaches(rule: (file: SourceFile, specifier: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter((specifier) => rule(file, specifier)).map((specifier) => `${file.path} imports ${specifier}`),
  );
}

describe('imports', () => {
  it('are seen by this test', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(300);
  });

  it('between workspaces follow the table', () => {
    const found = breaches(({ workspace, isTest }, specifier) => {
      const name = /^@mxodus\/([a-z]+)/.exec(specifier)?.[1];
      if (name === undefined || workspace === `packages/${name}`) return false;
      const allowed = [...(MAY_IMPORT[workspace] ?? []), ...(isTest ? TESTS_MAY_ALSO_IMPORT : [])];
      return !allowed.includes(name);
    });
    expect(found).toEqual([]);
  });

  it('are declared in the package.json of their workspace', () => {
    const manifests = new Map(Object.keys(MAY_IMPORT).map((workspace) => [workspace, manifestOf(workspace)]));
    const found = breaches(({ workspace, isTest, path }, specifier) => {
      if (specifier.startsWith('.') || isBuiltin(specifier)) return false;
      const { dependencies = {}, devDependencies = {} } = manifests.get(workspace) ?? {};
      const name = packageOf(specifier);
      const forTests = isTest || path.endsWith('contract.ts');
      return !(name in dependencies) && !(forTests && (name in devDependencies || name === 'vitest'));
    });
    expect(found).toEqual([]);
  });

  it('stay inside their workspace when they are relative', () => {
    const found = breaches(({ path, workspace }, specifier) => {
      if (!specifier.startsWith('.')) return false;
      return relative(join(ROOT, workspace, 'src'), join(ROOT, path, '..', specifier)).startsWith('..');
    });
    expect(found).toEqual([]);
  });

  it('never reach from one mail system or DNS provider into another', () => {
    const found = breaches(({ path }, specifier) => {
      const own = /^packages\/(?:mail\/src|dns\/src\/providers)\/([a-z0-9-]+)\//.exec(path)?.[1];
      if (own === undefined || !specifier.startsWith('.')) return false;
      const target = join(path, '..', specifier);
      const other = /^packages\/(?:mail\/src|dns\/src\/providers)\/([a-z0-9-]+)\//.exec(target)?.[1];
      return other !== undefined && other !== own && !BESIDE_ALL.includes(other);
    });
    expect(found).toEqual([]);
  });
});

describe('the engine is pure', () => {
  const engine = files.filter((file) => file.workspace === 'packages/engine' && !file.isTest);

  it('imports no module of Node', () => {
    expect(
      engine.flatMap((file) => file.imports.filter(isBuiltin).map((name) => `${file.path} imports ${name}`)),
    ).toEqual([]);
  });

  it('asks no clock, dice, process or console', () => {
    const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect(engine.filter((file) => NEVER_IN_ENGINE.test(code(file.text))).map((file) => file.path)).toEqual([]);
  });
});

describe('the layout', () => {
  it('has every workspace in the table', () => {
    const workspaces = globSync('{apps,packages}/*/package.json', { cwd: ROOT }).map((path) =>
      path.replace('/package.json', ''),
    );
    expect(workspaces.sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it('has no place for everything and nothing', () => {
    const found = globSync('{apps,packages}/*/{src/**/,}*', { cwd: ROOT, exclude: ['**/node_modules', '**/dist'] });
    expect(found.filter((path) => FORBIDDEN_NAMES.some((name) => path.split(/[/.]/).includes(name)))).toEqual([]);
  });

  it('keeps files short enough to hold one concept', () => {
    const long = files.filter((file) => file.text.split('\n').length > 500).map((file) => file.path);
    expect(long).toEqual([]);
  });

  it('prints only from the command line', () => {
    const printing = files.filter(
      (file) => file.workspace !== 'apps/cli' && !file.isTest && /process\.(stdout|stderr)|console\./.test(file.text),
    );
    expect(printing.map((file) => file.path)).toEqual([]);
  });
});
