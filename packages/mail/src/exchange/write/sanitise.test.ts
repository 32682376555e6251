import { describe, expect, it } from 'vitest';
import type { GraphContent } from '../mime/graph-message.ts';
import { REFERENCES, SUBMIT_TIME, TRANSPORT_HEADERS } from '../properties.ts';
import { sanitise } from './sanitise.ts';

const address = (text: string) => ({ emailAddress: { name: text, address: text } });
const CONTENT: GraphContent = {
  message: {
    subject: 'Hi',
    from: address('bob@example.org'),
    toRecipients: [address('ann@example.com'), address('undisclosed recipients')],
    replyTo: [address('"a b"@example.org')],
    internetMessageHeaders: [{ name: 'X-Mailer', value: 'mutt' }],
    inferenceClassification: 'focused',
  },
  properties: [
    { id: TRANSPORT_HEADERS, value: 'From: bob' },
    { id: REFERENCES, value: '<a@b>' },
    { id: SUBMIT_TIME, value: '2019-03-04T05:06:07Z' },
  ],
  attachments: [],
  alterations: [{ what: 'before', why: 'that' }],
  discard: async () => undefined,
};

describe('sanitise', () => {
  it.each([
    ['ErrorInvalidRecipients', ['toRecipients', 'replyTo'], 3],
    ['InvalidInternetMessageHeader', ['internetMessageHeaders'], 3],
    ['InvalidInternetMessageHeaderCollection', ['internetMessageHeaders'], 3],
    ['ErrorInvalidExtendedPropertyValue', [], 1],
    ['ErrorInvalidPropertySet', [], 1],
    [
      'UnableToDeserializePostBody',
      ['toRecipients', 'replyTo', 'internetMessageHeaders', 'inferenceClassification'],
      1,
    ],
  ])('%s changes %j and leaves %s properties', (code, changed, properties) => {
    const sane = sanitise(CONTENT, { code, words: 'no' });
    const differs = Object.keys(CONTENT.message).filter((name) => {
      return JSON.stringify(sane?.message[name]) !== JSON.stringify(CONTENT.message[name]);
    });
    expect(differs).toEqual(changed);
    expect(sane?.properties).toHaveLength(properties);
    expect(sane?.properties.at(-1)?.id).toBe(properties === 1 ? SUBMIT_TIME : CONTENT.properties.at(-1)?.id);
  });

  it('names what it left out, and why', () => {
    const sane = sanitise(CONTENT, { code: 'ErrorInvalidRecipients', words: '400 ErrorInvalidRecipients: no' });
    expect(sane?.message.toRecipients).toEqual([address('ann@example.com')]);
    expect(sane?.alterations).toEqual([
      { what: 'before', why: 'that' },
      {
        what: 'left out: 1 of the addresses in To, 1 of the addresses in Reply-To',
        why: 'Exchange refused it: 400 ErrorInvalidRecipients: no',
      },
    ]);
  });

  it('has nothing to leave out of what has nothing of the kind', () => {
    const plain = { ...CONTENT, message: { subject: 'Hi' }, properties: [] };
    expect(sanitise(plain, { code: 'UnableToDeserializePostBody', words: 'no' })).toBeNull();
  });
});
