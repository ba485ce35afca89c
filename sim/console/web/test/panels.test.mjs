import assert from 'node:assert/strict';
import test from 'node:test';
import * as bar from '../bar.js';
import { choices, meant } from '../command.js';
import * as drive from '../drive.js';
import { heard, linesOf } from '../keys.js';
import * as ledger from '../ledger.js';
import { clock, span, yes } from '../panels.js';
import * as scenario from '../scenario.js';
import * as truth from '../truth.js';
import * as wires from '../wires.js';

/** play lets a panel hear events, ids from 1; from is what it knows already. */
const play = (panel, events, from) => events.reduce((s, [kind, data, id], i) => panel.reduce(s, { id: id ?? i + 1, kind, data: data ?? {} }), from);
const at = (s) => new Date(Date.UTC(2026, 10, 29, 14, 0, s)).toISOString();
const world = (run, more) => ['world', { run, scenario: 'x.txtar', title: 'X', seed: 42, speed: 10, paused: false, over: false, failed: 0, ok: 0, ...more }];
const step = (n, state, more) => ['step', { n, line: n, text: 'line ' + n, state, t: state === 'waiting' ? undefined : at(n), ms: 5, got: '', hand: false, waits: '', ...more }];
const entry = (id, reader = 'anna', more) => ['ledger', { who: 'lea', id, t: at(id), class: 'position', reader, letter: 'M', message: 'position', outcome: 'published', rule: 'position/main', count: 1, words: '', value: 'v', ...more }];

// A panel is the same after a reload as after having heard everything.
test('what is told again changes nothing', () => {
  const events = [world(1), step(1, 'ok'), step(2, 'failed', { got: 'no' }), entry(1), ['frame', { bus: 'b', id: '0A6', data: '1C', text: '5' }],
    ['truth', { lat: 54.19, lon: 6.62, kmh: 5, sky: true }], ['drive', { gear: 'D', ignition: 'on', made: true }], ['fault', { name: 'gnss', on: true, from: at(1) }]];
  for (const panel of [bar, scenario, drive, truth, ledger, wires]) {
    const once = play(panel, [['reset'], ...events]);
    const again = play(panel, [['reset'], ...events], once);
    assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(once)), panel.title);
  }
});

test('another run forgets the lines, the rows, the track and the wires of the one before', () => {
  const events = [world(1), step(1, 'ok'), entry(1), ['truth', { lat: 54.19, lon: 6.62, sky: true }], ['wire', { kind: 'status' }], world(2)];
  assert.deepEqual(scenario.listed(play(scenario, events)), []);
  assert.equal(ledger.shown(play(ledger, events)).length, 0);
  assert.deepEqual(play(truth, events).track, []);
  assert.deepEqual(play(wires, events).wire, []);
});

test('the bar counts the lines of the script, not those by hand', () => {
  const s = play(bar, [world(1), step(1, 'ok'), step(2, 'refused'), step(3, 'running'), step(4, 'waiting'), step(5, 'ok', { hand: true })]);
  assert.deepEqual(bar.progress(s), { at: 3, of: 4, done: 2, state: 'playing', text: 'line 3' });
  assert.equal(bar.progress(play(bar, [world(1)])).state, 'none');
  assert.deepEqual(bar.progress(play(bar, [step(4, 'failed')], s)), { at: 4, of: 4, done: 3, state: 'failed', text: 'line 4' });
});

test('a factor that no button has is shown among them', () => {
  assert.deepEqual(bar.factors({ speed: 6 }), [1, 6, 10, 60]);
  assert.deepEqual(bar.factors(null), [1, 10, 60]);
});

test('lines by hand stand where they were said, before those to come', () => {
  const s = play(scenario, [step(1, 'ok'), step(2, 'waiting'), step(3, 'waiting'), step(4, 'ok', { hand: true, t: at(2) })]);
  assert.deepEqual(scenario.listed(s).map((x) => x.n), [1, 4, 2, 3]);
  const later = play(scenario, [step(2, 'running', { t: at(9) })], s);
  assert.deepEqual(scenario.listed(later).map((x) => x.n), [1, 4, 2, 3]);
  assert.equal(scenario.running(later).n, 2);
});

test('a line that failed is open, with what was known then and nothing of later', () => {
  const s = play(scenario, [step(1, 'ok'), ...Array.from({ length: 12 }, (_, i) => entry(i + 1)), ['wire', { reader: 'anna', kind: 'status' }],
    step(2, 'failed'), entry(13), ['wire', { reader: 'lea', kind: 'position' }], step(2, 'failed')]);
  assert.equal(scenario.openOf(s), 2);
  assert.deepEqual(s.failures[2].ledger.map((x) => x.id), [5, 6, 7, 8, 9, 10, 11, 12]);
  assert.deepEqual(s.failures[2].wire.map((x) => x.reader), ['anna']);
  assert.equal(scenario.openOf(play(scenario, [['ui.open', { n: 2 }]], s)), -1);
});

test('a line has the time since the first one', () => {
  const s = play(scenario, [step(5, 'ok'), step(8, 'ok'), step(9, 'waiting')]);
  assert.equal(scenario.when(s.steps[5], s.steps[8]), '00:03');
  assert.equal(scenario.when(s.steps[5], s.steps[9]), '');
});

test('the command line completes, remembers, and mends a word that nobody knows', () => {
  const words = { command: [{ word: 'gear', usage: 'gear P|R|N|D' }] };
  let s = play(scenario, [['ui.words', { words }], ['ui.type', { text: 'gear ' }]]);
  assert.deepEqual(choices(s.ui, {}).words, ['D', 'N', 'P', 'R']);
  s = play(scenario, [['ui.escape']], s);
  assert.deepEqual(choices(s.ui, {}).words, []);
  s = play(scenario, [['ui.sent', { line: 'gear D', tag: 'line' }], ['ui.sent', { line: 'gear P', tag: 'line' }], ['ui.sent', { line: 'gear P', tag: 'line' }], ['ui.back', { by: 1 }], ['ui.back', { by: 1 }]], s);
  assert.equal(s.ui.text, 'gear D');
  s = play(scenario, [['ui.sent', { line: 'of a button', tag: '' }]], s);
  assert.equal(s.ui.text, 'gear D', 'a line that was said elsewhere changes nothing here');
  assert.equal(meant({ line: 'gaer D', error: 'unknown command "gaer": did you mean "gear"?', near: 'gear' }), 'gear D');
});

test('paused, two hundred entries, resumed: every row once, and the lines are the rows', () => {
  const before = Array.from({ length: 40 }, (_, i) => entry(i + 1)), during = Array.from({ length: 200 }, (_, i) => entry(i + 41));
  let s = play(ledger, [...before, ['ui.pause'], ...during]);
  assert.equal(ledger.shown(s).flatMap((r) => r.entries).length, 40);
  assert.equal(ledger.missed(s), 200);
  s = play(ledger, [['ui.pause']], s);
  const ids = ledger.shown(s).flatMap((r) => r.entries.map((x) => x.id)).toSorted((a, b) => a - b);
  assert.deepEqual(ids, Array.from({ length: 240 }, (_, i) => i + 1));
  assert.equal(ledger.missed(s), 0);
});

test('a cut while it is paused loses nothing either', () => {
  const all = Array.from({ length: 60 }, (_, i) => entry(i + 1));
  let s = play(ledger, [...all.slice(0, 20), ['ui.pause'], ['reset'], ...all]);
  assert.equal(ledger.shown(s).flatMap((r) => r.entries).length, 20);
  s = play(ledger, [['ui.pause']], s);
  assert.equal(ledger.shown(s).flatMap((r) => r.entries).length, 60);
});

test('the second guest’s entries are others than the copies of the first one’s', () => {
  const guest = (id, copy) => entry(id, 'anna', { who: 'guest', t: at(0), copy });
  const s = play(ledger, [guest(1, false), guest(2, false), guest(1, true), guest(2, true), guest(1, false)]);
  assert.deepEqual(ledger.shown(s).flatMap((r) => r.entries.map((x) => [x.id, x.copy])), [[1, false], [2, true], [1, true]]);
});

test('only the rows that are seen are in the page', () => {
  for (const top of [0, 31 * 500, 31 * 5000]) {
    const { from, to } = ledger.windowOf(2000, { top, height: 340 });
    assert.ok(from >= 0 && to <= 2000 && to - from > 0 && to - from < 40, `${top}: ${from}-${to}`);
  }
  assert.deepEqual(ledger.windowOf(0, { top: 0, height: 340 }), { from: 0, to: 0 });
  const { from, to } = ledger.windowOf(2000, { top: 31 * 500, height: 340 });
  assert.ok(from <= 500 && to >= 511);
});

test('a key says lines of the language', () => {
  const car = { gear: 'D', ignition: true, door: false, belt: true, kmh: 0, fob: 'lea', near: true, left: false, right: false, route: 'hafen.gpx' };
  assert.deepEqual(linesOf('w', true, car), ['signal Vehicle.Chassis.Accelerator.PedalPosition 40', 'drive hafen.gpx']);
  assert.deepEqual(linesOf('w', true, { ...car, kmh: 30 }), ['signal Vehicle.Chassis.Accelerator.PedalPosition 40']);
  assert.deepEqual(linesOf('w', true, { ...car, drives: true }), ['signal Vehicle.Chassis.Accelerator.PedalPosition 40'], 'braked to a standstill, it drives on');
  assert.deepEqual(linesOf('w', false, car), ['signal Vehicle.Chassis.Accelerator.PedalPosition 0']);
  assert.deepEqual(linesOf('d', true, { ...car, gear: 'P' }), ['gear D']);
  assert.deepEqual(linesOf('d', true, { ...car, kmh: 30 }), ['signal Vehicle.Body.Lights.DirectionIndicator.Right.IsSignaling true']);
  assert.deepEqual(linesOf('d', true, car), linesOf('d', true, { ...car, kmh: 30 }), 'it is in D already');
  assert.deepEqual(linesOf('o', true, car), ['door driver open']);
  assert.deepEqual(linesOf('b', true, car), ['signal Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted false']);
  assert.deepEqual(linesOf('k', true, car), ['fob lea out']);
  assert.deepEqual(linesOf('x', true, car), []);
});

test('no key is heard from a text field, nor one that is the browser’s', () => {
  const from = (tagName, more) => heard({ target: { tagName }, ...more });
  assert.deepEqual(['INPUT', 'TEXTAREA', 'SELECT'].map((t) => from(t)), [false, false, false]);
  assert.equal(heard({ target: { tagName: 'DIV', isContentEditable: true } }), false);
  assert.equal(from('BODY', { ctrlKey: true }), false);
  assert.equal(from('BODY'), true);
});

test('driving with the keyboard is off until it is switched on', () => {
  const s = play(drive, [['drive', { gear: 'D', ignition: 'on', made: true }]]);
  assert.equal(s.ui.keyboard, false);
  assert.equal(play(drive, [['ui.keyboard', { on: true }]], s).ui.keyboard, true);
});

test('a fault is said on, off, or for ten seconds', () => {
  const of = (name) => drive.faults.find(([n]) => n === name);
  assert.equal(drive.faultLine(of('gnss'), false, false), 'fault gnss');
  assert.equal(drive.faultLine(of('gnss'), true, false), 'fault gnss off');
  assert.equal(drive.faultLine(of('gnss'), false, true), 'fault gnss for 10s');
  assert.equal(drive.faultLine(of('can-garbage'), true, false), 'fault can-garbage off');
  assert.equal(drive.faultLine(of('unplug can'), false, true), 'fault unplug can for 10s');
  assert.equal(drive.faultLine(of('clock'), false, true), 'fault clock +1h');
  assert.equal(drive.faultLine(of('broker-restart'), true, false), 'fault broker-restart');
});

test('whose key is near is what was said last', () => {
  const s = play(drive, [['people', { people: [{ name: 'anna' }, { name: 'lea' }] }], step(1, 'ok', { text: 'door driver open fob=lea' }), ['wheel', { who: 'lea' }]]);
  assert.deepEqual([drive.carOf(s).fob, drive.carOf(s).near], ['lea', true]);
  assert.equal(drive.carOf(play(drive, [step(2, 'ok', { text: 'fob lea out' })], s)).near, false);
  assert.equal(drive.carOf(play(drive, [step(2, 'failed', { text: 'fob lea out' })], s)).near, true);
});

test('the track has gaps where the receiver had no sky, and none where the car was put elsewhere', () => {
  const place = (i, sky) => ['truth', { lat: 54.19 + i * 0.0001, lon: 6.62, kmh: 40, sky }];
  const s = play(truth, [place(0, true), place(1, true), place(2, false), place(3, false), place(4, true), place(900, true), place(901, true)]);
  assert.deepEqual(truth.parts(s.track).map((p) => [p.sky, p.points.length]), [[true, 3], [false, 3], [true, 1], [true, 2]]);
  assert.equal(play(truth, [place(901.01, true)], s).track, s.track, 'a car that stands draws nothing');
  assert.equal(truth.digits({ lat: -54.19, lon: -6.62 }), '54.1900 S  6.6200 W');
});

test('a page that was opened later draws the route up to the car', () => {
  const route = Array.from({ length: 10 }, (_, i) => [54.19 + i * 0.001, 6.62]);
  assert.equal(truth.before(route, [[54.1941, 6.62, true]]).length, 6);
  assert.deepEqual(truth.before(route, [[54.5, 6.62, true]]), [], 'it is somewhere else');
});

test('frames whose meaning changed last are those of the tail', () => {
  const frame = (id, text) => ['frame', { bus: 'b', id, data: '1C02', text }];
  const s = play(wires, [frame('300', 'a'), frame('100', 'b'), frame('200', 'c'), frame('300', 'd'), frame('100', 'b')]);
  assert.deepEqual(wires.newest(s, 2).map((f) => f.id), ['200', '300']);
  assert.equal(wires.bytes('1c0254'), '1c 02 54');
  assert.equal(wires.short('gb/1/9f3c20aa11b2/to/a71e/status'), 'gb/1/9f3c…/to/a71e/status');
});

test('times and switches are read as they are told', () => {
  assert.equal(clock('2026-11-29T14:32:00.000Z'), '14:32');
  assert.equal(clock('2026-11-29T14:32:07.000Z'), '14:32:07');
  assert.equal(span(3_725_000), '01:02:05');
  assert.deepEqual([true, 'on', 'ON', 'open', false, 'closed', undefined].map(yes), [true, true, true, true, false, false, false]);
});
