import { capabilities } from '@mxodus/lab';
import { describe, expect, it } from 'vitest';
import { plainMail, type Synced, useQuirkyServers } from './quirky-servers.ts';

/** Each way of finding changes, and each way of appending, against a server that offers just that. */

const servers = useQuirkyServers();
const BASE = 'IMAP4rev1 UIDPLUS LITERAL+';

const rungOf = ({ events }: Synced, folder: string): unknown =>
  events.find((event) => event.type === 'folder_finished' && event.folder === folder)?.rung;

describe('the rungs of the delta ladder', () => {
  it.each([
    ['QRESYNC', `${BASE} NAMESPACE LIST-EXTENDED LIST-STATUS ENABLE CONDSTORE QRESYNC`, 'qresync', 'unchanged'],
    ['CONDSTORE', `${BASE} NAMESPACE ENABLE CONDSTORE`, 'condstore', 'unchanged'],
    ['nothing', BASE, 'flag-diff', 'flag-diff'],
  ])('with %s what changed at the source arrives, and the rung is named', async (_, only, changed, same) => {
    const test = await servers.start({ old: [capabilities({ only })] });
    await test.deliverPlain(8);
    await test.deliverPlain(3, 'still', 'Quiet');
    expect(await test.plan()).toMatchObject({ code: 0 });
    const first = await test.sync();
    expect(first.summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 11 } });
    expect(rungOf(first, 'INBOX')).toBe('full-scan');
    await test.at('old', async (client) => {
      await client.command('SELECT INBOX');
      await client.command('UID STORE 2 +FLAGS.SILENT (\\Flagged)');
      await client.command('UID STORE 4 +FLAGS.SILENT (\\Deleted)');
      await client.command('EXPUNGE');
    });
    await test.deliver({ body: plainMail('new') });
    const second = await test.sync();
    expect(second.summary).toMatchObject({
      exit_code: 0,
      source_messages: 11,
      buckets: { moved_before: 10, moved_now: 1 },
    });
    expect([rungOf(second, 'INBOX'), rungOf(second, 'Quiet')]).toEqual([changed, same]);
    const [old, fresh] = [await test.held('old'), await test.held('new')];
    expect(fresh).toHaveLength(12);
    for (const line of old) expect(fresh).toContain(line);
  });
});

describe('the ways of appending', () => {
  it.each([
    ['MULTIAPPEND and LITERAL+', `${BASE} MULTIAPPEND`, 'few'],
    ['LITERAL+', BASE, 'each'],
    ['LITERAL-', 'IMAP4rev1 UIDPLUS LITERAL-', 'each'],
    ['nothing', 'IMAP4rev1', 'each'],
  ])('with %s all arrives as it was', async (_, only, commands) => {
    const test = await servers.start({ new: [capabilities({ only })] });
    await test.deliverPlain(20);
    await test.deliver(
      { body: plainMail('larger', 400), flags: '\\Seen $Work' },
      { body: plainMail('large', 200_000) },
    );
    expect(await test.plan()).toMatchObject({ code: 0 });
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 22, failed: 0 } });
    expect(await test.held('new')).toEqual(await test.held('old'));
    const sent = test.new.commands.get('APPEND') ?? 0;
    if (commands === 'each') expect(sent).toBe(22);
    else expect(sent).toBeLessThan(22);
  });
});
