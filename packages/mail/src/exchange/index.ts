/** Exchange Online. Apart from the rest of the package: what signs in to Microsoft takes long to load. */
export { type AppTokens, appTokens } from './auth/app-tokens.ts';
export { exchangeAccount, type WriterChoice } from './exchange-account.ts';
export { type GraphService, type GraphUse, graphService } from './graph/graph-service.ts';
export { itemBookInMemory } from './items-in-memory.ts';
export { exchangeTenant } from './tenant/exchange-tenant.ts';
export { publicFetch } from './tenant/public-fetch.ts';
export type { ImportMimeProof } from './write/import-mime-writer.ts';
