import { MxodusError } from '@mxodus/model';
import { expect, it } from 'vitest';
import { workerLog } from './log.ts';

function logged(addresses: boolean) {
  const lines: string[] = [];
  const names = new Set(['ann', 'ann@old.example']);
  const to = { write: (line: string) => void lines.push(line) };
  const log = workerLog({ worker: 'w-1', addresses, isName: (word) => names.has(word), to });
  return { log, lines };
}

const refused = new MxodusError('AUTH_FAILED', {
  what: 'old refused user "ann": NO [AUTHENTICATIONFAILED] <ann@old.example>, try bob@old.example.',
  why: 'the password of ann is wrong',
  advice: 'look it up',
  where: 'ann@old.example, folder INBOX',
});

it('names nobody: what looks like an address and what the configs know as a user is taken out of errors too', () => {
  const { log, lines } = logged(false);
  log.trouble({ job: 't12', ...log.mailbox('ann@old.example') }, refused, 'a job failed');
  const [line = ''] = lines;
  expect(line).not.toMatch(/ann\b|@/);
  expect(JSON.parse(line)).toMatchObject({
    ...{ level: 'error', worker: 'w-1', job: 't12', code: 'AUTH_FAILED', msg: 'a job failed' },
    what: 'old refused user "<name>": NO [AUTHENTICATIONFAILED] <<name>>, try <name>.',
    where: '<name>, folder INBOX',
  });
});

it('names them where it was asked to', () => {
  const { log, lines } = logged(true);
  log.trouble(log.mailbox('ann@old.example'), refused, 'a job failed');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ mailbox: 'ann@old.example', what: refused.what });
});

it('shows no secret, also where one was logged by mistake', () => {
  const { log, lines } = logged(true);
  log.info({ url: 'postgres://u:hunter2@db/x', server: { password: 'hunter2' } }, 'connecting');
  expect(lines.join()).not.toContain('hunter2');
});

it('has the stack of a bug, without names', () => {
  const { log, lines } = logged(false);
  log.trouble({}, new TypeError('no folder of ann@old.example'), 'a job failed');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ code: 'UNEXPECTED', what: 'no folder of <name>' });
  expect(lines[0]).toContain('log.test.ts');
  expect(lines[0]).not.toContain('@old');
});
