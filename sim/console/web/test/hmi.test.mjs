// The head unit is a function of what the agent says and what is touched.

import assert from 'node:assert/strict';
import test from 'node:test';
import { chip, erased, kept, levels, pauseLeft, pills, reduce, sight } from '../hmi/state.js';
import { texts } from '../texts.js';

const all = (...events) => events.reduce((s, [kind, data, at]) => reduce(s, { id: 1, kind, data: data || {}, at }), reduce(undefined, { kind: 'reset', data: {} }));
const wheel = (more) => ['wheel', { state: 'idle', who: '', role: '', reason: 'boot', pending: '', suggested: '', parked: true, functions: [], wipe: 'clean', guest_mode: true, ...more }];
const lea = wheel({ state: 'active', who: 'lea', role: 'secondary' });
const privacy = (more) => ['privacy', { level: 'share', effective: 'share', limited_by: [], in_use: false, cloud: 'up', gnss: 'up', readers: [], ...more }];
const people = (retry_after = 0, at = 0) => ['people', { people: [{ name: 'anna', role: 'main', has_pin: true, retry_after }, { name: 'lea', role: 'secondary', sharing: 'shared', has_pin: true, retry_after: 0 }] }, at];

test('the chip says what leaves, from the car’s own words alone', () => {
  const says = (w, p) => { const c = chip(all(w, privacy(p))); return c.tone + ' ' + c.text; };
  assert.equal(says(lea, { in_use: true, readers: [{ receives: 'Position' }, { receives: 'Position' }, { receives: 'Status only' }] }), 'g Position shared with 2');
  assert.equal(says(lea, { level: 'no-position', effective: 'no-position' }), 'v Position stays in the car');
  assert.equal(says(wheel({ state: 'guest', role: 'guest' }), { effective: 'no-position', limited_by: ['guest'] }), 'v Position stays in the car');
  assert.equal(says(lea, { level: 'offline', effective: 'offline', cloud: 'off' }), 'v Nothing leaves the car');
  assert.equal(says(lea, { cloud: 'down' }), 'q Waiting for the network');
  assert.equal(says(lea, { gnss: 'degraded' }), 'n No position');
  assert.equal(says(lea, { opens_in: 56 }), 'n Position begins later', 'the level was raised');
  assert.equal(says(wheel(), {}), 'n Waiting for driver');
  assert.equal(says(wheel(), { in_use: true, readers: [{ kinds: ['position'] }] }), 'g Position shared with 1', 'a place that leaves is said at the picker too');
});

test('a level that somebody else forbids has its reason in words', () => {
  const of = (p) => levels(all(lea, privacy(p))).map((l) => [l.name, l.on, l.why]);
  assert.deepEqual(of({ level: 'offline', effective: 'offline', limited_by: ['level'] }), [['share', false, ''], ['no-position', false, ''], ['offline', true, '']], 'one’s own level can be raised');
  assert.deepEqual(of({ effective: 'no-position', limited_by: ['guest'] }), [['share', false, 'Share is not open: a guest drives.'], ['no-position', true, ''], ['offline', false, '']]);
  assert.deepEqual(of({ effective: 'no-position', limited_by: ['waiting'] })[0], ['share', true, ''], 'waiting forbids nothing');
});

test('readers are shown what they get', () => {
  assert.equal(sight({ column: 'main', receives: 'Position' }).text, 'Position');
  assert.equal(sight({ column: 'limited', receives: 'Status only' }).text, 'Status only');
  assert.equal(sight({ column: 'workshop', receives: 'Health only' }).text, 'Health only');
  assert.equal(sight({ column: 'main', receives: 'Nothing' }).text, 'Nothing');
  assert.deepEqual(pills({ column: 'limited', receives: 'Status only' }).map((p) => p.text), ['No position', 'Status', 'Trips: day and rough distance']);
  assert.deepEqual(pills({ column: 'main', receives: 'Status only' }, 'no-position').map((p) => p.text), ['No position', 'Status', 'No trips']);
  assert.deepEqual(pills({ column: 'workshop', kinds: ['status'] }).map((p) => p.text), ['No position', 'Warnings and service']);
});

test('a wrong PIN counts down to the pause, and the pause counts seconds', () => {
  let s = all(wheel(), people(), ['ui.pick', { name: 'anna' }], ['ui.digit', { digit: '1' }], ['ui.sent', { n: 1, tag: 'login' }]);
  assert.equal(s.pin.busy, true);
  const wrong = (s) => reduce(s, { kind: 'ui.answer', data: { n: 1, tag: 'login', ok: false, error: 'WrongPIN: the PIN is wrong; try again' } });
  s = wrong(s);
  assert.deepEqual([s.pin.error, s.pin.digits, s.pin.busy], [texts.wrongPin(3), '', false]);
  assert.equal(s.pin.error, 'Wrong PIN. 3 attempts left, then entry pauses for 30 seconds.');
  assert.equal(wrong(wrong(s)).pin.error, 'Wrong PIN. 1 attempt left, then entry pauses for 30 seconds.');
  s = reduce(s, { kind: 'people', data: people(30)[1], at: 1000 });
  assert.equal(pauseLeft(s, 'anna'), 30);
  s = reduce(s, { kind: 'ui.tick', data: { at: 7400 } });
  assert.equal(pauseLeft(s, 'anna'), 24);
  assert.equal(texts.paused(24), 'Entry paused. Try again in 24 s.');
  assert.equal(pauseLeft(reduce(s, { kind: 'ui.tick', data: { at: 99000 } }), 'anna'), 0);
});

test('who sits down begins at home, and the PIN that was typed is gone', () => {
  let s = all(wheel(), people(), ['ui.pick', { name: 'lea' }], ['ui.digit', { digit: '5' }], lea);
  assert.deepEqual([s.screen, s.pin], ['home', null]);
  s = reduce(s, { kind: 'ui.go', data: { screen: 'privacy' } });
  assert.equal(reduce(s, { kind: 'wheel', data: { ...lea[1], parked: false } }).screen, 'privacy', 'driving off changes no screen');
  assert.equal(reduce(s, { kind: 'wheel', data: wheel()[1] }).screen, 'profiles');
});

test('whose fob opened the car is asked for the PIN', () => {
  assert.equal(all(people(), wheel({ suggested: 'lea', reason: 'fob' })).pin.name, 'lea');
  assert.equal(all(people(), wheel({ reason: 'unknown-fob' })).pin, null);
  assert.equal(all(people(), wheel(), wheel({ suggested: 'lea', reason: 'fob' })).pin.name, 'lea', 'at the picker too');
});

test('a refusal is a sentence, and no answer may have happened', () => {
  const answer = (d) => all(lea, ['ui.sent', { n: 3, tag: 'pin' }], ['ui.answer', { n: 3, tag: 'pin', line: 'hmi pin lea 1 2', ...d }]).note;
  assert.equal(answer({ ok: false, error: 'NotPermitted' }).text, 'This is not open to you.');
  assert.equal(answer({ ok: false, error: 'set the PIN: InvalidArgument: this PIN is easy to guess' }).text, 'This PIN is easy to guess.');
  assert.equal(answer({ ok: false, error: 'not-now: the car refused action 2' }).text, 'Not possible right now.');
  assert.equal(answer({ ok: false, unknown: true }).text, 'No answer came. It may have happened.');
  assert.equal(answer({ ok: true }).text, 'Done');
});

test('what a guest has in memory is counted, and defaults are not', () => {
  assert.deepEqual(kept({ radio: { volume: 30, favourites: [] }, climate: { driver_celsius: 21, fan: 40 }, navigation: { recents: [], home: {} } }), { destinations: 0, media: 0, comfort: 0 });
  assert.deepEqual(kept({ radio: { volume: 12, favourites: [1, 2] }, climate: { fan: 10 }, seat: { position: { height: 3 } }, navigation: { recents: [1], home: { name: 'x' } } }), { destinations: 2, media: 3, comfort: 2 });
});

test('a power cut is the end of a guest, without a receipt', () => {
  const guest = wheel({ state: 'guest', who: 'guest', role: 'guest' }), receipt = (s) => s.receipt && [s.receipt.who, s.receipt.reason];
  assert.deepEqual(receipt(all(guest, wheel())), ['guest', 'boot']);
  assert.equal(receipt(all(lea, wheel())), null, 'a person loses nothing');
  assert.deepEqual(receipt(all(guest, ['receipt', { who: 'guest', reason: 'logout' }], wheel({ reason: 'logout' }), wheel())), ['guest', 'logout']);
});

test('a receipt counts values and stores', () => {
  assert.deepEqual(erased({ receipt: { stores: [{ name: 'settings', before: 4, after: 0 }, { name: 'files', before: 2, after: 0 }] } }), { values: 6, stores: 2 });
  assert.deepEqual(erased({ receipt: {} }), { values: 0, stores: 0 });
});

test('reset forgets everything', () => {
  assert.deepEqual(all(lea, people(), privacy(), ['reset']), all());
});
