import assert from 'node:assert/strict';
import test from 'node:test';
import { dips, gaps, labels, runs, scale, strips } from '../plots.js';
import { marksOf, reduce, spansOf, value } from '../signals.js';

const t0 = Date.UTC(2026, 10, 29, 14);
const iso = (s) => new Date(t0 + s * 1000).toISOString();
const point = (s, more) => ({ t: iso(s), kmh: 50, volt: 14, accuracy: 2, rate: 3, ...more });
const play = (events, from) => events.reduce((s, [kind, data], i) => reduce(s, { id: i + 1, kind, data }), from);
const strip = (key) => strips.find((x) => x.key === key);

test('as many points are kept as the log retains', () => {
  const s = play(Array.from({ length: 1300 }, (_, i) => ['plot', point(i)]));
  assert.equal(s.points.length, 1200);
  assert.equal(s.points[0].t, iso(100));
});

test('a value that is not there is a hole, and so is a time without points', () => {
  const pts = [0, 1, 2, 3, 4, 40, 41].map((s) => ({ at: t0 + s * 1000, accuracy: s === 2 ? null : 2 }));
  assert.deepEqual(runs(pts, strip('accuracy'), t0, t0 + 60_000).map((r) => r.length), [2, 2, 2]);
});

test('a scale grows with what is higher, but a bad fix does not flatten the others', () => {
  assert.equal(scale(strip('kmh'), [{ kmh: 50 }]).top, 60);
  assert.ok(scale(strip('kmh'), [{ kmh: 130 }]).top > 130);
  assert.equal(scale(strip('accuracy'), [{ accuracy: 400 }]).top, 8);
});

test('a fault that is on is shaded up to now; a gap that it explains is not shaded twice', () => {
  const points = Array.from({ length: 60 }, (_, i) => ['plot', point(i, { accuracy: i > 20 && i < 30 ? null : 2 })]);
  const own = play(points);
  assert.deepEqual(spansOf(own).map((x) => [x.text, (x.to - x.from) / 1000]), [['GNSS gap', 9]]);
  const fault = (on, to) => ['fault', { name: 'gnss', on, from: iso(20), to }];
  assert.deepEqual(spansOf(play([fault(true, null)], own)).map((x) => [x.text, (x.to - x.from) / 1000]), [['No GNSS', 39]]);
  assert.deepEqual(spansOf(play([fault(true, null), fault(false, iso(30))], own)).map((x) => [x.text, (x.to - x.from) / 1000]), [['No GNSS', 10]]);
});

test('what was said and a dip of the battery are marks', () => {
  const s = play([['step', { n: 1, text: 'drive hafen.gpx', state: 'running', t: iso(1) }], ['step', { n: 2, text: 'expect ready', state: 'ok', t: iso(2) }],
    ['step', { n: 3, text: 'login lea', state: 'waiting' }], ...[14, 14, 14, 12.1, 12, 14].map((volt, i) => ['plot', point(10 + i, { volt })])]);
  assert.deepEqual(marksOf(s).map((m) => m.text), ['12 V dip', 'drive']);
  assert.deepEqual(dips([{ volt: 12 }, { volt: 12.1 }, { volt: 12 }]), [], 'a battery that rests is no dip');
});

test('no gap before the first fix', () => {
  assert.deepEqual(gaps([{ at: 1, accuracy: null }, { at: 2, accuracy: 3 }]), []);
});

test('labels do not lie over one another', () => {
  assert.deepEqual(labels([{ x: 10, width: 20 }, { x: 25, width: 20 }, { x: 60, width: 20 }]).map((l) => l.x), [10, 60]);
});

test('a value that is not there is said in words', () => {
  assert.equal(value(strip('accuracy'), { accuracy: null }), 'no fix');
  assert.equal(value(strip('kmh'), { kmh: 53.6 }), '54');
  assert.equal(value(strip('kmh'), undefined), '–');
});
