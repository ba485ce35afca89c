// What stands on the screens, and which lines their buttons say.

import assert from 'node:assert/strict';
import test from 'node:test';
import { panel, root } from './page.mjs';
import { h, render } from '../dom.js';
import * as hmi from '../hmi/hmi.js';
import * as phone from '../phone.js';
import * as workshop from '../workshop.js';

const people = ['people', { people: [
  { name: 'anna', role: 'main', sharing: '', state: 'active', has_pin: true, retry_after: 0, fobs: 1, restricted: [], letter: 'M' },
  { name: 'lea', role: 'secondary', sharing: 'shared', state: 'active', has_pin: true, retry_after: 0, fobs: 1, restricted: ['booking'], letter: 'S' },
  { name: 'jonas', role: 'secondary', sharing: 'limited', state: 'active', has_pin: false, retry_after: 0, fobs: 0, restricted: [], letter: 'L' }] }];
const wheel = (state, who, more) => ['wheel', { state, who, role: who === 'anna' ? 'main' : who ? 'secondary' : state === 'guest' ? 'guest' : '', reason: 'chosen', pending: '', suggested: '', parked: true, functions: [], wipe: 'clean', guest_mode: true, ...more }];
const privacy = (more) => ['privacy', { level: 'share', effective: 'share', limited_by: [], in_use: true, cloud: 'up', gnss: 'up', readers: [{ name: 'anna', column: 'main', letter: 'M', receives: 'Position' }, { name: 'jonas', column: 'limited', letter: 'L', receives: 'Status only' }, { name: 'Workshop Nord', column: 'workshop', letter: 'W', receives: 'Health only' }], published: 214, reduced: 31, withheld: 65, ...more }];
const go = (screen) => ['ui.go', { screen }];
const screens = ['home', 'profiles', 'privacy', 'trips', 'notes', 'settings'];

test('the picker logs in with the PIN that was typed, and without where there is none', () => {
  const p = panel(hmi).play(people, wheel('idle', ''), privacy());
  assert.match(p.root.words(), /Who is driving\?.*Anna.*Lea.*Jonas.*Guest.*Nothing is kept/s);
  p.root.all((e) => e.tag === 'button' && /Jonas/.test(e.textContent))[0].onclick();
  p.root.all((e) => e.tag === 'button' && /Anna/.test(e.textContent))[0].onclick();
  for (const digit of '480213') p.root.button(digit).onclick();
  assert.match(p.root.words(), /6 digits entered/);
  p.root.button('Enter').onclick();
  p.root.button('Continue as guest').onclick();
  assert.deepEqual(p.said, ['login jonas pin=none', 'login anna pin=480213', 'guest']);
});

test('a private trip is of who sees it, and nobody is asked whose it was', () => {
  const p = panel(hmi).play(people, wheel('active', 'anna'), privacy(), ['trips', { trips: [
    { id: 'a', day: '2026-03-05', km: 1, private: true, mine: false, assigned: [], start: { street: 'Hafenallee' }, end: { street: 'Westend' } },
    { id: 'b', day: '2026-03-05', km: 1, mine: false, assigned: ['lea'], start: { street: 'Nordring' }, end: { street: 'Messe' } }] }], go('trips'));
  assert.match(p.root.words(), /Hafenallee.*in the car only/s);
  assert.doesNotMatch(p.root.words(), /Nordring|This was me/);
  p.play(['ui.tab', { tab: 'open' }]);
  assert.doesNotMatch(p.root.words(), /Hafenallee/);
});

test('while the car moves only the chip and the level can be used', () => {
  const p = panel(hmi).play(people, wheel('active', 'anna', { parked: false }), privacy());
  p.play(['trips', { trips: [{ id: 'a', day: '2026-03-05', band: '10-25', mine: false, assigned: [] }] }], ['notes', { messages: [{ id: 'm', from: 'x', role: 'workshop', text: 'hello', t: '', read: false }], alarms: [] }]);
  for (const screen of screens) {
    p.play(go(screen), ['ui.tab', { tab: 'open' }]);
    for (const b of p.root.all((e) => e.tag === 'button' && 'onclick' in e && e.attributes.disabled === undefined && e.attributes.role !== 'radio')) b.onclick?.({ preventDefault() {} });
    assert.deepEqual(p.said, [], screen);
  }
  p.play(go('home'));
  p.root.button('No position').onclick();
  assert.deepEqual(p.said, ['level no-position']);
});

test('a PIN is not entered on the move', () => {
  const p = panel(hmi).play(people, wheel('idle', ''), privacy(), ['ui.pick', { name: 'anna' }], ['ui.digit', { digit: '4' }], wheel('idle', '', { parked: false }));
  assert.equal(p.root.button('8').attributes.disabled, '');
  assert.equal(p.root.button('Continue as guest').attributes.disabled, '');
});

test('in a guest’s session no other person stands on any screen', () => {
  const p = panel(hmi).play(people, wheel('active', 'lea'), privacy(), ['trips', { trips: [{ id: 'a', day: '2026-03-05', km: 1, mine: true, assigned: ['lea'], start: { street: 'Hafenallee' }, end: { street: 'Westend' } }] }]);
  p.play(wheel('guest', ''), privacy({ in_use: false, effective: 'no-position', limited_by: ['guest'], readers: [{ name: '', column: 'main', letter: 'M', receives: 'Status only' }] }));
  for (const screen of screens) assert.doesNotMatch(p.play(go(screen)).root.words(), /Anna|Lea\b|Jonas|Westend/, screen);
  assert.match(p.play(go('home')).root.words(), /Guest mode.*Where you park is shown to the owner, unless you choose No position.*Kept in memory only/s);
  p.root.button('End guest mode').onclick();
  assert.deepEqual(p.said, ['logout']);
  p.play(['receipt', { t: '', who: 'guest', receipt: { stores: [{ name: 'settings', before: 3, after: 0 }] } }], wheel('idle', ''));
  assert.match(p.root.words(), /Guest data erased/);
});

test('a model without guest mode says so', () => {
  const p = panel(hmi).play(people, wheel('idle', '', { guest_mode: false }), privacy());
  assert.match(p.root.words(), /This model has no guest mode\. Default settings are used\./);
  assert.equal(p.root.all((e) => e.tag === 'button' && /Guest/.test(e.textContent))[0].attributes.disabled, '');
});

test('the main user’s decisions are lines, and a removal is asked twice', () => {
  const p = panel(hmi).play(people, wheel('active', 'anna'), privacy(), go('settings'), ['ui.sub', { sub: 'people' }]);
  p.root.button('Limit').onclick();
  p.root.button('Remove').onclick();
  assert.deepEqual(p.said, ['hmi share lea limited']);
  assert.match(p.root.words(), /Remove Lea\? Removing erases their data in the car\./);
  p.root.button('Remove').onclick();
  p.play(['ui.sub', { sub: 'functions lea' }]).root.button('Service booking').onclick();
  p.root.all((e) => e.attributes.role === 'switch' && e.attributes['aria-label'] === 'Trips')[0].onclick();
  assert.deepEqual(p.said.slice(1), ['hmi remove lea', 'hmi restrict lea', 'hmi restrict lea booking trips']);
});

const mailbox = (name, more) => ['phone', { name, role: name === 'anna' ? 'main' : 'secondary', sharing: { anna: '', lea: 'shared', jonas: 'limited' }[name], letter: 'S', member: true, state: 'active', place: null, values: { 'Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed': '62', 'Vehicle.Powertrain.Range': '284000', 'Vehicle.Cabin.Door.Row1.DriverSide.IsLocked': 'true' }, warnings: [{ code: 'tyre-pressure-rl' }], people: [{ name: 'anna', role: 'main', sharing: '', state: 'active', letter: 'M' }, { name: 'lea', role: 'secondary', sharing: 'shared', state: 'active', letter: 'S' }], trips: [{ id: 'b', day: '2026-03-05', band: '10-25', assigned: [] }], chat: [{ from: 'The workshop', role: 'workshop', text: 'Hello', t: '', mine: false }], actions: [], mail: [], sms: [], ...more }];

test('a phone without a place says "No position right now", and nothing of why', () => {
  const p = panel(phone, 'phone/lea').play(mailbox('lea'));
  assert.match(p.root.words(), /No position right now.*62 %.*284 km.*Start and end private/s);
  for (const name of ['anna', 'lea', 'jonas']) for (const tab of ['car', 'trips', 'chat', 'more']) {
    const words = panel(phone).play(mailbox(name), ['ui.tab', { phone: name, tab }]).root.words();
    assert.doesNotMatch(words, /guest|level|driver|offline|no-position|satellite|GNSS|seen|ago/i, name + ' ' + tab);
  }
});

test('a limited phone is told who decides, and no place', () => {
  const words = panel(phone, 'phone/jonas').play(mailbox('jonas')).root.words();
  assert.match(words, /Position is limited.*Anna shares status and warnings with you, not where the car is\./s);
  assert.match(words, /Start and end private.*10-25 km · not assigned/s);
});

test('a phone of its own page shows no other, and says lines as its person', () => {
  const p = panel(phone, 'phone/lea').play(mailbox('lea'), mailbox('anna'));
  assert.equal(p.root.all((e) => e.tag === 'article').length, 1);
  p.root.button('Unlock').onclick();
  p.root.button('Climate').onclick();
  assert.deepEqual(p.said, ['app lea unlock', 'app lea climate on']);
});

test('markup is text', () => {
  const evil = '<img src=x onerror=alert(1)>';
  const p = panel(phone, 'phone/lea').play(mailbox('lea', { chat: [{ from: evil, role: 'main', text: evil, t: '', mine: false }] }), ['ui.tab', { phone: 'lea', tab: 'chat' }]);
  assert.equal(p.root.all((e) => e.tag === 'img').length, 0);
  assert.ok(p.root.textContent.includes(evil));
});

test('the workshop is warned of everybody before it removes the main user', () => {
  const p = panel(workshop).play(['workshop', { main: 'anna', secondary: 2, values: {}, warnings: [], chat: [], model: 'Taycan', year: 2024 }]);
  assert.match(p.root.words(), /Removing the main user also removes both secondary users\..*Taycan · 2024|Taycan · 2024.*Removing the main user also removes both secondary users\./s);
  p.root.button('Remove main user').onclick();
  assert.deepEqual(p.said, []);
  p.root.button('Remove all of them').onclick();
  assert.deepEqual(p.said, ['workshop remove-main confirm']);
});

test('drawing again touches nothing that is equal, and keeps what has the same key', () => {
  const r = root();
  render(r, h('p', null, 'a'), h('b', { key: 1 }, 'one'), h('b', { key: 2 }, 'two'));
  const [p, one, two] = r.childNodes;
  render(r, h('b', { key: 2 }, 'two'), h('p', { class: 'x' }, 'b'), h('b', { key: 1 }, 'ONE'), false, null, ['c']);
  assert.deepEqual([r.childNodes[0] === two, r.childNodes[2] === one, r.childNodes.length, r.textContent], [true, true, 4, 'two b ONE c']);
  render(r);
  assert.equal(r.childNodes.length, 0);
  assert.ok(p);
});
