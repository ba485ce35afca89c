// What comes down the stream is read once, in whatever pieces it comes.

import assert from 'node:assert/strict';
import test from 'node:test';
import { keyOf, Lines, Sieve, Store } from '../stream.js';

const sent = 'event: reset\ndata: {}\n\nid: 7\nevent: wheel\ndata: {"state":"idle"}\n\n: still here\n\nid: 9\nevent: clock\ndata: {"t":"2026-03-05T14:32:07.000Z"}\n\nevent: ready\ndata: {}\n\n';

test('events are the same wherever the text is cut', () => {
  const whole = new Lines().take(sent);
  assert.deepEqual(whole.map((e) => [e.id, e.kind]), [[0, 'reset'], [7, 'wheel'], [9, 'clock'], [0, 'ready']]);
  for (let cut = 0; cut <= sent.length; cut++) {
    const lines = new Lines();
    assert.deepEqual([...lines.take(sent.slice(0, cut)), ...lines.take(sent.slice(cut))], whole);
  }
});

test('what is no JSON, and carriage returns, harm nothing', () => {
  assert.deepEqual(new Lines().take('id: 1\r\nevent: log\r\ndata: {"a":1}\r\n\r\nid: 2\nevent: log\ndata: {"a\n\nid: 3\nevent: log\ndata: {}\n\n').map((e) => e.id), [1, 3]);
});

test('after a cut no event is taken twice, and none is lost', () => {
  const sieve = new Sieve(), take = (id, kind = 'log') => sieve.take({ id, kind, data: {} });
  assert.deepEqual([take(0, 'reset'), take(5), take(3), take(0, 'ready')], [true, true, true, true], 'a snapshot may come in any order');
  assert.equal(sieve.last, 5);
  assert.deepEqual([take(5), take(6), take(6), take(4), take(7)], [false, true, false, false, true]);
  assert.deepEqual([take(0, 'reset'), take(1), take(0, 'ready'), take(2)], [true, true, true, true], 'another world counts from 1');
});

test('of each key the newest is kept, of those that count so many', () => {
  const store = new Store();
  store.take({ id: 1, kind: 'link', data: { name: 'can', state: 'up' } });
  store.take({ id: 2, kind: 'link', data: { name: 'can', state: 'down' } });
  store.take({ id: 3, kind: 'link', data: { name: 'mqtt', state: 'up' } });
  assert.deepEqual([...store.of('link').values()].map((l) => l.state), ['down', 'up']);
  for (let id = 10; id < 300; id++) store.take({ id, kind: 'wire', data: { id } });
  assert.equal(store.of('wire').size, 200);
  assert.equal([...store.of('wire').values()][0].id, 100);
  store.take({ id: 0, kind: 'reset', data: {} });
  assert.equal(store.of('wire').size + store.of('link').size, 0);
});

test('keys are those of the contract', () => {
  const key = (kind, data) => keyOf({ id: 4, kind, data });
  assert.equal(key('phone', { name: 'lea' }), 'lea');
  assert.equal(key('frame', { bus: 'body', id: '0A6' }), 'body 0A6');
  assert.equal(key('nmea', { text: '$GNRMC,1,2' }), '$GNRMC');
  assert.equal(key('ledger', { who: 'lea', id: 3 }), 'lea 3');
  assert.equal(key('dbus', {}), 4);
  assert.equal(key('clock', {}), '');
});
