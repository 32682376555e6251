import { expect, it } from 'vitest';
import { Suspects } from './suspects.ts';

it('lets a message that was on dying lines travel in ever smaller company', () => {
  const suspects = new Suspects();
  const companies = [suspects.company(1, 9, 100)];
  for (let deaths = 1; deaths <= 4; deaths += 1) {
    suspects.blame(1, [8, 9], 'reset');
    companies.push(suspects.company(1, 9, 100));
  }
  expect(companies).toEqual([100, 25, 6, 1, 1]);
  expect(suspects.company(2, 9, 100)).toBe(100);
});

it('has a repair tried after two deaths it was alone at, and sets it aside after three, with what was said', () => {
  const suspects = new Suspects();
  suspects.blame(1, [8, 9], 'reset');
  suspects.blame(1, [9], 'reset');
  expect(suspects.verdict(1, 9)).toBeNull();
  suspects.blame(1, [9], 'BYE Invalid character in literal');
  expect([suspects.verdict(1, 9), suspects.wantsRepair(1, 9)]).toEqual([null, 'BYE Invalid character in literal']);
  suspects.blame(1, [9], 'BYE Invalid character in literal');
  expect([suspects.verdict(1, 9), suspects.wantsRepair(1, 9)]).toEqual([
    'the connection ended 4 times while it was read or sent: BYE Invalid character in literal',
    null,
  ]);
  expect(suspects.verdict(1, 8)).toBeNull();
});

it('starts anew when it died in company again', () => {
  const suspects = new Suspects();
  suspects.blame(1, [9], 'reset');
  suspects.blame(1, [8, 9], 'reset');
  suspects.blame(1, [9], 'reset');
  expect([suspects.verdict(1, 9), suspects.wantsRepair(1, 9)]).toEqual([null, null]);
});

it('holds back whoever was on a dying line, the least suspect first', () => {
  const suspects = new Suspects();
  suspects.blame(1, [6, 7, 8], 'reset');
  suspects.blame(1, [7], 'reset');
  suspects.blame(2, [5], 'reset');
  const messages = [8, 7, 6, 5, 4].map((uid) => ({ uid }));
  expect([...suspects.inOrder(1, messages)].map(({ uid }) => uid)).toEqual([5, 4, 8, 6, 7]);
});
