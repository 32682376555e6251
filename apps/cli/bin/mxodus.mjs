#!/usr/bin/env -S node --max-semi-space-size=8
// In the repository this runs the TypeScript sources through Node's type stripping; as a published package, the compiled files.
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';

const major = Number(process.versions.node.split('.')[0]);
if (major < 26) {
  process.stderr.write(
    `error NODE_TOO_OLD\n  what  mxodus needs Node 26 or newer; this is Node ${process.versions.node}\n` +
      '  why   it uses node:sqlite and Temporal\n  do    run it as "npx mxodus ..." after "npm run setup", which brings its own Node\n',
  );
  process.exit(2);
}

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
