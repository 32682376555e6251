import { expect, test } from 'vitest';
import { rcptAnswer } from './judge-reply.ts';

test.each([
  ['250 2.1.5 Ok', 'accepted'],
  ['251 User not local; will forward', 'accepted'],
  ['252 Cannot VRFY user', 'accepted'],
  ['450 4.2.0 Greylisted', 'later'],
  ['421 4.7.0 Too many connections', 'later'],
  ['452 4.5.3 Too many recipients', 'later'],
  ['550 5.1.1 <a@x.test>: User unknown', 'refused'],
  ['550 5.4.1 Recipient address rejected: Access denied. [AS(201806281)]', 'refused'],
  ['554 5.7.1 <a@x.test>: Relay access denied', 'refused'],
  ['550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain', 'refused'],
  ['550 No such person at this address', 'refused'],
  ['501 5.1.3 Bad recipient address syntax', 'refused'],
  ['530 5.7.57 Client not authenticated to send mail', 'refused'],
  ['552 5.2.2 Mailbox full', 'refused'],
  ['550 5.1.1 User unknown; your IP address was noted', 'refused'],
  ['554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org', 'unasked'],
  ['550 5.7.606 Access denied, banned sending IP [192.0.2.9]', 'unasked'],
  ['550 5.7.1 Client host rejected: cannot find your reverse hostname', 'unasked'],
  ['550 5.7.25 The IP address sending this message does not have a PTR record', 'unasked'],
  ['550 5.1.8 Sender address rejected: Domain not found', 'unasked'],
  ['550 5.7.1 null sender not accepted', 'unasked'],
  ['530 5.7.0 Must issue a STARTTLS command first', 'unasked'],
  ['503 5.5.1 Bad sequence of commands', 'unasked'],
  ['354 Go ahead', 'unasked'],
])('%s: %s', (text, kind) => {
  const answer = rcptAnswer({ code: Number(text.slice(0, 3)), lines: [text.slice(4)] });
  expect(answer.kind).toBe(kind);
  expect('why' in answer ? answer.why : answer.text).toContain(text);
});
