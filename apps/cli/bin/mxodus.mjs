#!/usr/bin/env node
// In the repository this runs the TypeScript sources through Node's type stripping; as a published package, the compiled files.
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import v8 from 'node:v8';

const major = Number(process.versions.node.split('.')[0]);
if (major < 26) {
  process.stderr.write(
    `error NODE_TOO_OLD\n  what  mxodus needs Node 26 or newer; this is Node ${process.versions.node}\n` +
      '  why   it uses node:sqlite and Temporal\n  do    run it as "npx mxodus ..." after "npm run setup", which brings its own Node\n',
  );
  process.exit(2);
}

// Message bodies live outside V8's heap, so V8 sees no need to collect them: small young generations keep the peak about 50 MB lower.
v8.setFlagsFromString('--semi-space-growth-factor=1');
nodeModule.enableCompileCache();

const source = new URL('../src/main.ts', import.meta.url);
if (existsSync(source)) {
  nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, 'mxodus-source'] }),
  });
  await import(source.href);
} else {
  await import(new URL('../dist/main.js', import.meta.url).href);
}
