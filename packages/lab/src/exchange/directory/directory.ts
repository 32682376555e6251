/** What the tenant's directory answers: people, licences, the organization, domains, reports. */
import { methodNotAllowed } from '../answers.ts';
import type { SimAnswer, SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import { domainRoute } from './domains.ts';
import { organizationRoute } from './organization.ts';
import { createReports } from './reports.ts';
import type { SimDomain, SimLicence } from './rows.ts';
import { userRoute } from './users.ts';

export interface DirectoryData {
  organization: string;
  domains: SimDomain[];
  licences: SimLicence[];
  /** Finds TXT records; null: SimDomain.published decides. */
  lookUpTxt: ((name: string) => Promise<readonly string[]>) | null;
}

export interface Directory {
  /** null: not its path. Throws SimError. */
  route(request: SimRequest): SimAnswer | null | Promise<SimAnswer | null>;
  /** A pre-authenticated download; null: not its path. */
  download(path: string, query: URLSearchParams): SimAnswer | null;
}

export function createDirectory(world: SimWorld, data: DirectoryData): Directory {
  const reports = createReports(world);
  return {
    route(request) {
      switch (request.segments[0]) {
        case 'users':
          return userRoute(request, world, data.licences);
        case 'organization':
        case 'subscribedSkus':
          return organizationRoute(request, world, data);
        case 'domains':
          return domainRoute(request, world, data);
        case 'reports':
          if (request.method !== 'GET') throw methodNotAllowed('GET');
          return reports.start(request);
        default:
          return null;
      }
    },
    download: (path, query) => reports.download(path, query),
  };
}
