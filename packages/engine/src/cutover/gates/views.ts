import type { DomainPlan } from '@mxodus/model';
import { rrsetNameText, serverText } from '../rrset-text.ts';
import { type ServerView, viewsOf } from '../sight.ts';
import type { CutoverSituation } from '../situation.ts';

export function allViews(inputs: CutoverSituation): ServerView[] {
  return inputs.plan.domains.flatMap((domain) => viewsFor(domain, inputs));
}

export function viewsFor(domain: DomainPlan, { plan, progress, sight }: CutoverSituation): ServerView[] {
  return viewsOf(domain, progress, { sight, ttl: plan.settings.ttl });
}

/** "the MX of example.com at ns1 (192.0.2.1:53)" */
export function about(view: ServerView): string {
  return `${rrsetNameText(view)} at ${serverText(view.server)}`;
}
