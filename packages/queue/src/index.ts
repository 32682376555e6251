export { type InlineGovernor, inlineGovernor } from './governor/inline-governor.ts';
export { fileLeases, type LeaseFolder, type LeaseHolder } from './inline/file-leases.ts';
export { inlineEngine } from './inline/inline-engine.ts';
export { inlineQueue } from './inline/inline-queue.ts';
export { type InlineRequestGovernor, inlineRequestGovernor } from './requests/inline-request-governor.ts';
