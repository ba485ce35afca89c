// A phone shows what lies in its mailbox, and a place that is missing has no cause.

import assert from 'node:assert/strict';
import test from 'node:test';
import { outcome, reduce, uiOf } from '../phone.js';
import { reduce as shopReduce, rows } from '../workshop.js';
import { known, proper, sentence, texts } from '../texts.js';
import { day, distance } from '../time.js';

const start = () => reduce(undefined, { kind: 'reset', data: {} });
const mailbox = (more) => ({ kind: 'phone', data: { name: 'lea', role: 'secondary', sharing: 'shared', member: true, place: null, actions: [], ...more } });

test('a place that stops leaves no last place behind', () => {
  let s = reduce(start(), mailbox({ place: { lat: 54.19, lon: 6.62 } }));
  s = reduce(s, mailbox({ place: { lat: 54.191, lon: 6.62 } }));
  assert.equal(s.trail.lea.length, 2);
  s = reduce(s, mailbox());
  assert.deepEqual([s.phones.lea.place, s.trail.lea], [null, []]);
});

test('an action is done, refused with the public reason, or may have happened', () => {
  assert.equal(outcome('lock', { ok: true, got: 'done' }).text, 'Locked');
  assert.equal(outcome('lock', { ok: false, error: 'lock: not-permitted' }).text, 'This is not open to you.');
  assert.equal(outcome('climate', { ok: false, error: 'climate: unknown' }).text, texts.results.unknown);
  assert.equal(outcome('lock', { ok: false, unknown: true }).text, texts.results.unknown);
});

test('a place that may not be asked for is that of a car without a fix', () => {
  assert.equal(outcome('locate', { ok: false, error: 'not-permitted' }).text, texts.noPosition);
  assert.equal(outcome('locate', { ok: false, error: 'not-now' }).text, texts.noPosition);
});

test('what is typed on one phone is on no other, and goes once it was sent', () => {
  let s = reduce(start(), { kind: 'ui.field', data: { phone: 'lea', name: 'text', value: 'wasd' } });
  assert.equal(uiOf(s, 'lea').fields.text, 'wasd');
  assert.deepEqual(uiOf(s, 'anna').fields, {});
  s = reduce(s, { kind: 'ui.sent', data: { n: 1, tag: { phone: 'lea', what: 'message' } } });
  assert.equal(uiOf(s, 'lea').busy.message, true);
  const refused = reduce(s, { kind: 'ui.answer', data: { n: 1, ok: false, error: 'not-now', tag: { phone: 'lea', what: 'message' } } });
  assert.equal(uiOf(refused, 'lea').fields.text, 'wasd', 'what was refused can be sent again');
  s = reduce(s, { kind: 'ui.answer', data: { n: 1, ok: true, tag: { phone: 'lea', what: 'message' } } });
  assert.deepEqual([uiOf(s, 'lea').fields, uiOf(s, 'lea').busy], [{}, {}]);
});

test('the workshop sees the car by name and unit, and never a place', () => {
  const of = (values, more) => Object.fromEntries(rows({ main: 'anna', secondary: 2, values, warnings: [{ code: 'tyre-pressure-rl' }], ...more }).map(([k, v]) => [k, v]));
  const r = of({ 'Vehicle.TraveledDistance': '18400000', 'Vehicle.Service.DistanceToService': '1500000', 'Vehicle.LowVoltageBattery.CurrentVoltage': 'ok' });
  assert.deepEqual([r['Main user'], r['Mileage, daily'], r['Service due'], r['12 V battery'], r.Warnings, r.Position], ['Anna', '18 400 km', 'in 1 500 km', 'ok', 'Tyre rear left: low', 'not shared']);
  const due = (values) => of(values)['Service due'];
  assert.deepEqual([due({ 'Vehicle.Service.TimeToService': '25920000' }), due({ 'Vehicle.Service.TimeToService': '86400', 'Vehicle.Service.DistanceToService': '1500000' }), due({ 'Vehicle.Service.IsServiceDue': 'true', 'Vehicle.Service.TimeToService': '0' })],
    ['in 300 days', 'in 1 500 km or 1 day', 'now']);
  assert.deepEqual([of({})['Mileage, daily'], due({}), of({})['12 V battery']], ['from 02:00 UTC', 'next report', 'next report'], 'what a car has not told yet says when it will');
  assert.equal(texts.removeMainWarn(2), 'Removing the main user also removes both secondary users.');
  const sure = shopReduce(shopReduce(undefined, { kind: 'reset', data: {} }), { kind: 'ui.sure', data: { sure: true } });
  assert.equal(shopReduce(sure, { kind: 'ui.escape', data: {} }).sure, false);
});

test('refusals, names and days are as people say them', () => {
  assert.equal(sentence('org.glovebox.Error.LockedOut'), 'Too many wrong tries. Wait and try again.');
  assert.equal(sentence('log in lea: NotParked: the car is moving; park first'), 'The car is moving; park first.');
  assert.equal(sentence(''), 'This was refused.');
  assert.equal(sentence('no such person: mia'), 'No such person: mia.');
  assert.equal(proper('anna') + ' ' + known('phone/lea') + ' ' + known('hmi'), 'Anna Lea’s phone Head unit');
  assert.deepEqual(['2026-03-05', '2026-03-04', '2026-03-02', '2026-02-01'].map((d) => day(d, '2026-03-05T12:00:00')), ['Today', 'Yesterday', 'Mon', '1 Feb']);
  assert.equal(distance({ km: 14.123 }) + ', ' + distance({ band: '10-25' }) + ', ' + distance({}), '14.1 km, 10-25 km, ');
});
