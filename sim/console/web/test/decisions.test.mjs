import assert from 'node:assert/strict';
import test from 'node:test';
import { add, facts, jsonl, most, noEntries, readersOf, result, rows, rules, sift, why } from '../decisions.js';

const proper = (s) => s[0].toUpperCase() + s.slice(1);
const readers = [['anna', 'M', 'published', 'main'], ['lea', 'S', 'published', 'shared'], ['jonas', 'L', 'withheld', 'limited'], ['workshop', 'W', 'withheld', 'workshop']];
let id = 0;

/** decision are the entries of one class in one minute, as the agent tells them. */
function decision(minute, cls = 'position', who = 'lea') {
  return readers.map(([reader, letter, outcome, column]) => ({
    who, id: ++id, t: `2026-11-29T14:${String(minute).padStart(2, '0')}:00.000Z`, class: cls, reader, letter, message: cls, outcome,
    rule: `${cls}/${column}`, limited_by: [column], count: 1, words: outcome === 'withheld' ? `${proper(reader)} gets no ${cls}` : '', value: '54.1872, 6.6203',
  }));
}

const all = (entries) => entries.reduce(add, noEntries());

test('what is decided of a class in a minute is one row, with all readers', () => {
  const list = rows(all([...decision(1), ...decision(1, 'odometer'), ...decision(2)]));
  assert.deepEqual(list.map((r) => [r.class, r.entries.length]), [['position', 4], ['odometer', 4], ['position', 4]]);
  assert.equal(list[0].t, '2026-11-29T14:02:00.000Z');
});

test('each entry is in exactly one row, also when a reader is decided twice in a minute', () => {
  const twice = [...decision(1), ...decision(1)], list = rows(all(twice));
  assert.equal(list.length, 2);
  assert.deepEqual(list.flatMap((r) => r.entries.map((x) => x.id)).toSorted((a, b) => a - b), twice.map((x) => x.id));
});

test('an entry that is told again counts once, as it is now', () => {
  const first = decision(1);
  const e = all([...first, { ...first[1], count: 6 }]);
  assert.equal(e.size, 4);
  assert.equal(rows(e)[0].entries[1].count, 6);
  assert.deepEqual(e.tally, { published: 2, withheld: 2 });
});

test('adding changes no value that somebody else holds', () => {
  const first = decision(1), before = all(first), shown = structuredClone(before);
  add(before, { ...first[0], count: 9 });
  add(before, decision(2)[0]);
  assert.deepEqual(before, shown);
});

test('the newest two thousand are kept, and counted', () => {
  const many = Array.from({ length: 600 }, (_, i) => decision(i % 60)).flat();
  const e = all(many);
  assert.equal(e.size, most);
  assert.equal(e.chunks.flat().length, most);
  assert.equal(e.chunks.flat()[0].id, many[400].id);
  assert.equal(e.tally.published + e.tally.withheld, most);
});

test('two people whose ids are the same are two', () => {
  const lea = decision(1)[0], guest = { ...lea, who: 'guest' };
  assert.equal(all([lea, guest]).size, 2);
});

test('the lines are the entries of the rows, the oldest first', () => {
  const many = [...decision(1), ...decision(2, 'odometer'), ...decision(3)];
  const text = jsonl(rows(all(many)));
  assert.deepEqual(text.trim().split('\n').map((l) => JSON.parse(l)), many);
  assert.equal(jsonl([]), '');
});

test('a filter asks for an outcome, a reader and a text together', () => {
  const list = rows(all([...decision(1), ...decision(2, 'odometer')]));
  const of = (f) => sift(list, { outcome: '', reader: '', text: '', ...f }).map((r) => r.class);
  assert.deepEqual(of({}), ['odometer', 'position']);
  assert.deepEqual(of({ outcome: 'withheld', reader: 'anna' }), []);
  assert.deepEqual(of({ outcome: 'withheld', reader: 'jonas' }), ['odometer', 'position']);
  assert.deepEqual(of({ text: ' ODO ' }), ['odometer']);
});

test('readers stand in the order of their roles', () => {
  assert.deepEqual(readersOf(all(decision(1).toReversed())).map((r) => r.letter), ['M', 'S', 'L', 'W']);
});

test('an opened row says facts, rule and result', () => {
  const row = rows(all(decision(1)))[0];
  assert.equal(why(row), 'Jonas gets no position · Workshop gets no position');
  const not = (words) => ({ outcome: 'withheld', words });
  assert.equal(why({ entries: [not('Not for limited users'), not('Not for the workshop'), not('Less often')] }), 'Not for limited users, workshop · Less often');
  assert.equal(why({ entries: ['a', 'b', 'c', 'd', 'e'].map((x) => not('Not for ' + x)) }), 'Not for anybody');
  const sent = (...who) => why({ entries: who.map((w) => ({ outcome: 'published', words: w + ' may have it' })) });
  assert.equal(sent('The main user', 'Shared users', 'The workshop'), 'The main and shared users, workshop may have it');
  assert.equal(sent('The main user', 'Shared users', 'Limited users'), 'The main, shared and limited users may have it');
  assert.equal(sent('The main user', 'Shared users', 'Limited users', 'The workshop', 'The back end'), 'Everybody may have it');
  const late = (letter, who) => ({ letter, outcome: 'reduced', words: 'Coarser for ' + who });
  assert.equal(why({ entries: [late('W', 'the workshop'), late('L', 'limited users'), late('S', 'shared users'), late('M', 'the main user')] }), 'Coarser for main, shared and limited users, workshop', 'in the order of the roles');
  assert.deepEqual(facts(row, proper), ['driver Lea', 'Jonas is limited']);
  assert.deepEqual(rules(row), ['position/main', 'position/shared', 'position/limited', 'position/workshop']);
  assert.deepEqual(result(row, proper).map((r) => [r.outcome, r.who.join()]), [['published', 'Anna,Lea'], ['withheld', 'Jonas,Workshop']]);
});

test('a state that withheld is a fact', () => {
  const row = rows(all(decision(1, 'position', 'guest').map((x) => ({ ...x, outcome: 'withheld', rule: 'position/guest_driving', limited_by: ['guest_driving'] }))))[0];
  assert.deepEqual(facts(row, proper), ['driver guest', 'a guest drives']);
  assert.deepEqual(rules(row), ['position/guest_driving']);
});
