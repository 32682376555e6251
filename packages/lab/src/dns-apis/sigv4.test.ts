import { expect, test } from 'vitest';
import { isSignedBy, parseAuthorization, signatureOf } from './sigv4.ts';

const KEY = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'service',
};
const DATE = '20150830T123600Z';
const headers = { host: 'example.amazonaws.com', 'x-amz-date': DATE };

// AWS's own test suite of Signature Version 4: get-vanilla, get-vanilla-query-order-key-case, post-vanilla.
test.each([
  ['GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['GET', '/?Param2=value2&Param1=value1', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'],
  ['POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
])('%s %s is signed as AWS signs it', (method, path, signature) => {
  const request = { method, url: new URL(path, 'https://example.amazonaws.com'), headers, body: '' };
  expect(signatureOf(request, KEY, { date: DATE, signedHeaders: ['host', 'x-amz-date'] })).toBe(signature);
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`;
  const parsed = parseAuthorization(authorization);
  expect(parsed && isSignedBy(request, parsed, KEY)).toBe(true);
  expect(parsed && isSignedBy({ ...request, body: 'more' }, parsed, KEY)).toBe(false);
});
