import { ERROR_CODES, EXIT, type ExitCode, worstExitCode } from '@mxodus/model';
import { table } from './schema-table.ts';

/** docs/errors.md: every code a user can meet. */
export function errorsDoc(): string {
  const byExit = Object.values(EXIT).flatMap((exit) => {
    const rows = Object.entries(ERROR_CODES).filter(([, [code]]) => code === exit);
    if (rows.length === 0) return [];
    const lines = rows.map(([code, [, meaning]]) => [`<a id="${code.toLowerCase()}"></a>\`${code}\``, meaning]);
    return [`## Exit ${exit}: ${MEANINGS[exit]}\n\n${table(['code', 'meaning'], lines)}`];
  });
  const exits = Object.values(EXIT).map((exit) => [String(exit), MEANINGS[exit]]);
  return `${[HEAD, `## Exit codes\n\n${table(['exit', 'meaning'], exits)}\n\n${precedence()}`, ...byExit].join('\n\n')}\n`;
}

const MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'all done, or nothing to do',
  1: 'a bug; the state is safe, the log file has the details',
  2: 'the command line, the config or the plan is wrong',
  3: 'finished, and some messages were not moved',
  4: 'sign-in, permission or certificate',
  5: 'temporary; the same command again, later',
  6: 'refused by a safety gate: a stale plan, a gate of the cutover',
  8: 'changes are pending (`cutover run` without `--execute`)',
  130: 'interrupted; the same command goes on',
};

function precedence(): string {
  const order: ExitCode[] = Object.values(EXIT);
  order.sort((a, b) => (worstExitCode([a, b]) === a ? -1 : 1));
  return `Over several mailboxes the first of ${order.join(', ')} that applies to one of them. Treat any other number as a failure.`;
}

const HEAD = `# Errors

<!-- Made by scripts/generate-docs.ts from the table in packages/model/src/errors.ts. Do not edit. -->

Each error has a code that never changes, and says what happened, why as far as it is known, and what to do:

\`\`\`
error CONFIG_INVALID  mxodus.yaml:4
  what  \`prot\` is not a known key in \`servers.old\`
  why   known here: \`kind\`, \`host\`, \`port\`, \`tls\`, \`ca\`, \`allow_cleartext\`, \`auth\`, \`limits\`
  do    did you mean \`port\`?
\`\`\`

With \`--json\` it is a line \`{"v":1,"type":"error","code":…,"where":…,"what":…,"why":…,"do":…}\` ([json-output.md](json-output.md)). No error holds a secret, a subject or a body.`;
