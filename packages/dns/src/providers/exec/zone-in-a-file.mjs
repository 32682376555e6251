// For the tests: keeps a zone in a JSON file, as a user's own program would reach one.
// node zone-in-a-file.mjs FILE [atomic|stepwise] [wrong-key|silent|dies-halfway|chatty]
import { readFileSync, writeFileSync } from 'node:fs';

const [, , file, kind, fault] = process.argv;
const { action, names = [], changes = [] } = JSON.parse(readFileSync(0, 'utf8'));
const zone = JSON.parse(readFileSync(file, 'utf8'));
const keyOf = ({ name, type }) => `${name}/${type}`;
const save = () => writeFileSync(file, JSON.stringify(zone));
const answer = (value) => process.stdout.write(JSON.stringify(value));

if (fault === 'chatty') process.stderr.write('a word to the user\n');
if (fault === 'wrong-key' && action !== 'capabilities') {
  answer({ kind: 'refused', why: 'the key is not known here' });
} else if (action === 'capabilities') {
  answer({ atomic: kind !== 'stepwise', compareAndSwap: false, minTtl: 0 });
} else if (action === 'read') {
  answer({
    rrsets: names.flatMap((name) => (zone.rrsets[keyOf(name)] ? [{ ...name, ...zone.rrsets[keyOf(name)] }] : [])),
  });
} else if (action === 'rehearse') {
  answer({ kind: 'allowed' });
} else {
  for (const [index, change] of changes.entries()) {
    if (fault === 'dies-halfway' && index > 0) process.exit(7);
    if (change.after.records.length === 0) delete zone.rrsets[keyOf(change)];
    else zone.rrsets[keyOf(change)] = change.after;
    if (index === 0) zone.changes += 1;
    save();
  }
  if (fault !== 'silent') answer({ kind: 'applied', serial: zone.changes, change_id: `change ${zone.changes}` });
}
