import type { PlanFolder } from '@mxodus/model';
import { expect, it } from 'vitest';
import { folderGroups } from './folder-groups.ts';

const folder = (source: string, messages: number, of: Partial<PlanFolder> = {}): PlanFolder => ({
  ...{ source, destination: source, role: null, subscribed: false, excluded: false, renamed: null },
  ...{ uid_validity: 1, messages, bytes: 0, ...of },
});

it('shares folders out evenly; what goes into one destination folder stays together, and what is excluded is in no group', () => {
  const folders = [
    folder('INBOX', 500),
    folder('Sent', 300),
    folder('Sent Items', 250, { destination: 'Sent' }),
    folder('Archive', 400),
    folder('Junk', 9000, { excluded: true }),
    folder('Notes', 10),
    folder('Empty', 0),
  ];
  expect(folderGroups({ folders }, 3)).toEqual([['Sent', 'Sent Items'], ['INBOX'], ['Archive', 'Notes', 'Empty']]);
  expect(folderGroups({ folders }, 1)).toHaveLength(1);
  expect(folderGroups({ folders: [folder('INBOX', 0)] }, 8)).toEqual([]);
});
