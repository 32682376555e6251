import { bucketsSchema, cutoverStatusSchema, eventSchema, planSchema, syncSummarySchema } from '@mxodus/model';
import { certificateSchema } from '../../apps/cli/src/certificate/certificate-schema.ts';
import { fleetSummarySchema, fleetTaskSchema, fleetWorkerSchema } from '../../apps/cli/src/views/fleet-json.ts';
import { simulationSchema } from '../../apps/cli/src/views/simulation-json.ts';
import { asNode, fieldTable, nodeAt, type SchemaNode } from './schema-table.ts';

/** docs/json-output.md: what programs read. */
export function jsonDoc(): string {
  const events = (eventSchema.toJSONSchema().oneOf ?? []).map((node) => {
    const name = String(asNode(node.properties?.type).const);
    return `### \`${name}\`\n\n${fieldTable(shown(node), ['buckets'])}`;
  });
  const plan = planSchema.toJSONSchema();
  const mailbox = nodeAt(plan, 'mailboxes.[]');
  return `${[
    HEAD,
    '## Lines',
    ...events,
    `### \`summary\`\n\n${SUMMARY}\n\n${fieldTable(shown(syncSummarySchema.toJSONSchema()), ['buckets'])}`,
    `### \`cutover_status\`\n\nThe one line of \`mxodus cutover status --json\`.\n\n${fieldTable(shown(cutoverStatusSchema.toJSONSchema()))}`,
    `### \`cutover_report\`\n\nThe one line of \`mxodus cutover report --json\`.\n\n${fieldTable(shown(certificateSchema.toJSONSchema()))}`,
    `### \`fleet_worker\`\n\nOf \`mxodus fleet status --json\`, as the next: one a worker.\n\n${fieldTable(shown(fleetWorkerSchema.toJSONSchema()))}`,
    `### \`fleet_task\`\n\nOne for each mailbox, or mailboxes that share a destination, of the run.\n\n${fieldTable(shown(fleetTaskSchema.toJSONSchema()))}`,
    `### \`summary\` of \`fleet status\`\n\nThat of \`sync\` has \`run\` too in a fleet; where it left a run, \`run\` and \`run_state\` only. Those of \`pause\`, \`resume\` and \`cancel\` have both and \`mailboxes_left\`, that of \`first\` \`run\` and \`tasks\`.\n\n${fieldTable(fleetSummarySchema.toJSONSchema())}`,
    `## Buckets\n\n${BUCKETS}\n\n${fieldTable(bucketsSchema.toJSONSchema())}`,
    `## The plan\n\n${PLAN}\n\n${fieldTable(plan, ['mailboxes', 'domains'])}`,
    `### \`mailboxes[]\` of a plan\n\n${fieldTable(mailbox, ['folders'])}`,
    `### \`mailboxes[].folders[]\` of a plan\n\n${fieldTable(nodeAt(mailbox, 'folders.[]'))}`,
    `### \`domains[]\` of a plan\n\n${fieldTable(nodeAt(plan, 'domains.[]'))}`,
    `## \`simulation\`\n\nIn the summary of \`mxodus plan --simulate --json\`; [simulation.md](simulation.md) says what it means.\n\n${fieldTable(simulationSchema.toJSONSchema())}`,
  ].join('\n\n')}\n`;
}

/** Without what every line has; the buckets have a table of their own. */
function shown(node: SchemaNode): SchemaNode {
  const properties = Object.entries(node.properties ?? {})
    .filter(([name]) => name !== 'v' && name !== 'type')
    .map(([name, value]) => [
      name,
      name === 'buckets' ? { ...asNode(value), description: '[below](#buckets)' } : value,
    ]);
  return { ...node, properties: Object.fromEntries(properties) };
}

const HEAD = `# Output for programs

<!-- Made by scripts/generate-docs.ts from the schemas in packages/model/src. Do not edit. -->

With \`--json\` a command writes JSON to stdout, one object a line (and nothing else there); what a person would read goes to stderr.

- Every line has \`"v": 1\` and \`"type"\`, all but the summary \`"time"\` (RFC 3339, UTC). The last line is always the \`summary\` with \`exit_code\`, also after a failure.
- Fields stay. New ones may be added: ignore what you do not know. Units are in the names (\`duration_ms\`, \`append_limit\` and \`bytes\` are bytes).
- Folders and UIDs name messages. Subjects, bodies and secrets never appear.
- \`mxodus schema events\`, \`mxodus schema plan\` and \`mxodus schema config\` print the JSON Schemas.`;

const SUMMARY = 'The fields of `sync`. Other commands have `command`, `exit_code` and fields of their own.';

const BUCKETS = 'Every source message is in exactly one; their sum is `source_messages`.';

const PLAN =
  'A plan is one JSON object. It is never edited: its `sha256` covers everything else in it, and `sync` refuses one that does not match.';
