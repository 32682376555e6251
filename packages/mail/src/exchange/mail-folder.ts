import { z } from 'zod';

/** Graph's mailFolder, as far as it is read. `sizeInBytes` is not in the published metadata, and is given now and then. */
export const mailFolder = z.object({
  '@odata.type': z.string().optional(),
  id: z.string(),
  displayName: z.string(),
  parentFolderId: z.string().nullish(),
  childFolderCount: z.number().nullish(),
  totalItemCount: z.number().nullish(),
  sizeInBytes: z.number().nullish(),
  isHidden: z.boolean().nullish(),
});

export type MailFolder = z.output<typeof mailFolder>;

/** A view on messages that are elsewhere. */
export const isSearchFolder = (folder: MailFolder): boolean =>
  folder['@odata.type']?.endsWith('mailSearchFolder') === true;

export const mailFolderPage = z.object({ value: z.array(mailFolder), '@odata.nextLink': z.string().optional() });
