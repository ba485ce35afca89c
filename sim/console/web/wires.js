// The wires: what is on the buses, the receiver's line, the broker and D-Bus, with the
// raw bytes beside the names.

import { h, render } from './dom.js';
import { calm, sign } from './panels.js';
import { proper } from './texts.js';

export const title = 'Buses and messages';
export const kinds = ['world', 'frame', 'nmea', 'wire', 'dbus'];

const tail = 200; // as many as the log retains

const first = () => ({ frames: {}, news: {}, nmea: {}, wire: [], dbus: [], world: null, ui: {} });

/** reduce: the newest of each frame and sentence, the tails of the others. */
export function reduce(s = first(), { id, kind, data: d }) {
  switch (kind) {
    case 'reset': return { ...first(), ui: s.ui };
    case 'ui.late': return { ...s };
    case 'world': return { ...(s.world && s.world.run !== d.run ? first() : s), world: d, ui: s.ui };
    case 'frame': {
      const key = d.bus + ' ' + d.id, news = s.frames[key]?.text === d.text ? s.news : { ...s.news, [key]: id };
      return { ...s, news, frames: { ...s.frames, [key]: d } };
    }
    case 'nmea': return { ...s, nmea: { ...s.nmea, [sentence(d.text)]: d.text } };
    case 'wire': return { ...s, wire: [...s.wire, { ...d, n: id }].slice(-tail) };
    case 'dbus': return { ...s, dbus: [...s.dbus, { ...d, n: id }].slice(-tail) };
  }
  return s;
}

const sentence = (text) => String(text).split(',')[0];

/** bytes of a frame in pairs: 1C 02 00. */
export const bytes = (hex) => String(hex || '').replace(/\s/g, '').match(/../g)?.join(' ') || '';

/** frames by bus, then identifier. */
export const frames = (s) => Object.values(s.frames).sort((a, b) => a.bus < b.bus ? -1 : a.bus > b.bus ? 1 : parseInt(a.id, 16) - parseInt(b.id, 16));

/** newest are the frames whose meaning changed last, by bus and identifier. */
export function newest(s, count) {
  const at = (f) => s.news[f.bus + ' ' + f.id] || 0, all = frames(s);
  const least = all.map(at).sort((a, b) => b - a)[count - 1] ?? -1;
  return all.filter((f) => at(f) >= least).slice(0, count);
}

/** short is a topic with its long identifiers cut: gb/1/9f3c…/to/a71e…/status. */
export const short = (topic) => String(topic || '').split('/').map((p) => p.length > 10 ? p.slice(0, 4) + '…' : p).join('/');

const up = (x) => x.dir !== 'in' && x.dir !== 'down';
const reader = (x) => x.reader ? proper(x.reader) : '';

/** wireLine, dbusLine and nmeaLine are one line each, as the tails and the tables have them. */
const arrow = (x) => [sign(up(x) ? 'up' : 'down', up(x) ? 'g' : 'q'), h('span', { class: 'sr' }, up(x) ? 'sent ' : 'received ')];
const nmeaText = (text) => { const name = sentence(text); return [h('span', { class: 'y' }, name), text.slice(name.length)]; };

/** tables are the full views, by tab of the signals' panel. */
export const tables = {
  can: (s) => grid('Frames', ['Bus', 'Id', 'Message', 'Raw', 'a second', 'Decoded'], frames(s).map((f) => [f.bus + f.id, [
    f.bus, h('span', { class: 'k' }, f.id), f.name || '', bytes(f.data), f.rate ? Math.round(f.rate) : '', h('b', null, f.text || '')]]), 'No frame yet.'),
  nmea: (s) => grid('Sentences', ['Sentence', 'Raw'], Object.values(s.nmea).map((t) => [sentence(t), [h('span', { class: 'y' }, sentence(t)), t]]), 'The receiver says nothing yet.'),
  mqtt: (s) => grid('Messages', ['', 'Reader', 'Kind', 'Bytes', 'Topic'], s.wire.toReversed().map((x) => [x.n, [
    arrow(x), h('b', null, reader(x)), x.kind || '', x.bytes ?? '', h('span', { title: x.topic }, short(x.topic))]]), 'No message yet.'),
  dbus: (s) => grid('D-Bus', ['', 'Member', 'Value', 'Path'], s.dbus.toReversed().map((x) => [x.n, [
    h('span', { class: 'p' }, x.call ? 'call' : 'signal'), x.member, h('b', null, x.text || ''), x.path || '']]), 'Nothing was said yet.'),
};

function grid(name, heads, rows, none) {
  if (!rows.length) return h('p', { class: 'empty' }, none);
  return h('div', { class: 'grid scroll', tabindex: 0, role: 'region', 'aria-label': name },
    h('table', null, h('thead', null, h('tr', null, heads.map((t, i) => h('th', { key: i }, t || h('span', { class: 'sr' }, 'Way'))))),
      h('tbody', null, rows.map(([key, cells]) => h('tr', { key }, cells.map((c, i) => h('td', { key: i }, c)))))));
}

const count = (s) => { const n = Object.keys(s.frames).length; return n ? `${n} messages` : ''; };

function paint(root, s) {
  const part = (name, more, lines, none) => [h('h3', null, name, more && h('span', null, ' · ' + more)),
    lines.length ? h('ul', null, lines) : h('p', null, none)];
  render(root, h('div', { class: 'ph' }, h('h2', null, 'Wires')), h('div', { class: 'raw scroll', tabindex: 0, role: 'group', 'aria-label': 'The newest of each' },
    part('CAN', count(s), newest(s, 6).map((f) => h('li', { key: f.bus + f.id, title: `${f.bus} ${f.name || ''} ${f.rate ? Math.round(f.rate) + '/s' : ''}` },
      h('span', { class: 'k' }, f.id), ' ', h('b', null, bytes(f.data)), ' ', h('span', { class: 'tx' }, f.text || f.name || ''))), 'no frame yet'),
    part('NMEA', '', Object.values(s.nmea).slice(0, 3).map((t) => h('li', { key: sentence(t), title: t }, nmeaText(t))), 'silent'),
    part('MQTT', s.world?.broker || '', s.wire.slice(-3).toReversed().map((x) => h('li', { key: x.n, title: x.topic }, arrow(x), h('b', null, reader(x)), ' ', short(x.topic))), 'no message yet'),
    part('D-Bus', 'private bus', s.dbus.slice(-3).toReversed().map((x) => h('li', { key: x.n, title: x.path }, x.member, ' ', h('b', null, x.text || ''))), 'nothing yet')));
}

export const draw = calm(250, paint);
