import { describe, expect, it } from 'vitest';
import type { GraphAttachment } from '../mime/graph-message.ts';
import { createBody, ONE_POST_ATTACHMENT_BYTES, planCreate } from './create-plan.ts';

const attachment = (size: number, name = `${size}.bin`): GraphAttachment => ({
  name,
  contentType: 'application/octet-stream',
  isInline: false,
  contentId: null,
  size,
  content: { kind: 'memory', bytes: Buffer.alloc(size, 'é') },
});

const BODY = { message: { subject: 'Ünïcode "quoted"' }, properties: [{ id: 'String 0x007D', value: 'a\r\nb' }] };

describe('planCreate', () => {
  it('is exact: what fits one byte below the limit is one POST, and is as long as was reckoned', async () => {
    const attachments = [
      attachment(1000),
      attachment(2001, 'naïve "name".txt'),
      { ...attachment(7), contentId: 'a@b' },
    ];
    const json = await createBody(BODY, attachments);
    const bytes = Buffer.byteLength(json);
    const planned = (mostBytes: number): string => planCreate(BODY, attachments, mostBytes).kind;
    // The brackets around the list of attachments are reckoned a little too long or short, never by more than its name.
    expect(planned(bytes + 1)).toBe('one');
    expect(planned(bytes - 20)).toBe('parts');
  });

  it('sends after the create what is large or does not fit, and with it what does', () => {
    const small = [attachment(10), attachment(20)];
    const [large, middle] = [attachment(ONE_POST_ATTACHMENT_BYTES), attachment(2_000_000)];
    const plan = planCreate(
      BODY,
      [small[0], large, middle, middle, small[1]].filter((one) => one !== undefined),
    );
    expect(plan).toEqual({ kind: 'parts', first: [small[0], middle, small[1]], later: [large, middle] });
  });

  it('has no way for a text that is larger than a request', () => {
    expect(planCreate({ ...BODY, message: { body: 'x'.repeat(3_500_000) } }, []).kind).toBe('none');
  });
});
