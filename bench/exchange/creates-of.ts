import { tmpdir } from 'node:os';
import { readContent } from '../../packages/mail/src/exchange/mime/read-content.ts';
import { createBody } from '../../packages/mail/src/exchange/write/create-plan.ts';

/** What mxodus would send, message by message, without dates, flags and key. */
export async function createsOf(messages: readonly Buffer[]): Promise<string[]> {
  const creates: string[] = [];
  for (const bytes of messages) {
    const content = await readContent({ kind: 'memory', bytes }, { tempDir: tmpdir(), memoryBytes: 4_000_000 });
    const { message, properties } = content;
    creates.push(await createBody({ message: { ...message }, properties: [...properties] }, content.attachments));
    await content.discard();
  }
  return creates;
}
