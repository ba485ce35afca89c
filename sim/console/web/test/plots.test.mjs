import assert from 'node:assert/strict';
import test from 'node:test';
import { dips, gaps, labels, runs, scale, shown, strips } from '../plots.js';
import { last, marksOf, reduce, spansOf, value } from '../signals.js';

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

test('a young world fills the plots from the left; an old one shows the newest twenty minutes', () => {
  const of = (seconds) => Array.from({ length: seconds + 1 }, (_, i) => ({ at: t0 + i * 1000 }));
  for (const [age, span, text] of [[0, 15, 'last minute'], [15, 15, 'last minute'], [59, 59, 'last minute'], [61, 61, 'last 2 min'], [600, 600, 'last 10 min'], [1199, 1199, 'last 20 min'], [1200, 1200, 'last 20 min'], [5000, 1200, 'last 20 min']]) {
    const { from, to } = shown(of(age));
    assert.deepEqual([(from - t0) / 1000, (to - t0) / 1000], [age - span, age], `${age} s`);
    assert.equal(last(of(age)), text, `${age} s`);
  }
  assert.equal(last([]), 'last minute');
});

test('a value that is not there is a hole, and so is a time without points', () => {
  const pts = [0, 1, 2, 3, 4, 100, 101].map((s) => ({ at: t0 + s * 1000, accuracy: s === 2 ? null : 2 }));
  assert.deepEqual(runs(pts, strip('accuracy'), t0, t0 + 200_000).map((r) => r.length), [2, 2, 2]);
});

test('a scale grows with what is higher, but a bad fix does not flatten the others', () => {
  assert.equal(scale(strip('kmh'), [{ kmh: 50 }]).top, 60);
  assert.ok(scale(strip('kmh'), [{ kmh: 130 }]).top > 130);
  assert.equal(scale(strip('accuracy'), [{ accuracy: 400 }]).top, 8);
});

test('a fault that is on is shaded up to now; a gap that it explains is not shaded twice', () => {
  const points = (from, to) => Array.from({ length: to - from }, (_, i) => ['plot', point(from + i, { accuracy: from + i > 20 && from + i < 30 ? null : 2 })]);
  const fault = (on, to) => ['fault', { name: 'gnss', on, from: iso(9000), to }]; // the clock on the wall is another
  const spans = (s) => spansOf(s).map((x) => [x.text, (x.from - t0) / 1000, (x.to - t0) / 1000]);
  assert.deepEqual(spans(play(points(0, 60))), [['GNSS gap', 21, 30]]);
  const on = play([...points(0, 21), fault(true, ''), ...points(21, 60)]);
  assert.deepEqual(spans(on), [['No GNSS', 20, 59]]);
  assert.deepEqual(spans(play([fault(true, '')], on)), [['No GNSS', 20, 59]], 'told again');
  assert.deepEqual(spans(play([fault(false, iso(9039)), ...points(60, 90)], on)), [['No GNSS', 20, 59]]);
});

test('a fault that was over before the page was opened lasted as long in the car’s time', () => {
  const s = play([['world', { run: 1, speed: 10 }], ...Array.from({ length: 60 }, (_, i) => ['plot', point(i * 10)]), ['fault', { name: 'offline', on: false, from: iso(9000), to: iso(9012) }]]);
  assert.deepEqual(spansOf(s).map((x) => [x.text, (x.to - x.from) / 1000]), [['Offline', 120]]);
});

test('points of a car whose clock runs sixty times as fast are one line', () => {
  const pts = Array.from({ length: 20 }, (_, i) => ({ at: t0 + i * 60_000, kmh: 50 }));
  assert.equal(runs(pts, strip('kmh'), t0, t0 + 1_200_000).length, 1);
});

test('what was said and a dip of the battery are marks', () => {
  const s = play([['plot', point(9)], ['step', { n: 1, text: 'drive hafen.gpx', state: 'running', t: iso(1) }], ['step', { n: 2, text: 'expect ready', state: 'ok', t: iso(2) }],
    ['step', { n: 3, text: 'login lea', state: 'waiting' }], ...[14, 14, 14, 12.1, 12, 14].map((volt, i) => ['plot', point(10 + i, { volt })])]);
  assert.deepEqual(marksOf(s).map((m) => m.text), ['12 V dip', 'drive']);
  assert.deepEqual(dips([{ volt: 12.6 }, { volt: 12.6 }, { volt: 12.3 }]), [], 'a battery that rests is no dip');
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
