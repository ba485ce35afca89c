// Signals: four plots over twenty minutes with events and faults, and the tables of
// the wires in their place.

import { h, icon, render } from './dom.js';
import { faults } from './drive.js';
import { calm } from './panels.js';
import { dips, draw as drawPlots, gaps, shown, shownSpan, strips } from './plots.js';
import { kinds as wireKinds, reduce as reduceWires, tables } from './wires.js';

export const title = 'Signals';
export const kinds = ['world', 'plot', 'fault', 'step', ...wireKinds.filter((k) => k !== 'world')];

const most = 1200; // as many as the log retains

const first = () => ({ points: [], faults: {}, marks: {}, run: null, speed: 1, wires: undefined, ui: { tab: 'plots', size: '' } });

/** Lines that are worth a mark, and its word. */
const worth = /^(boot|restart|drive|replay|guest|logout|kill|sleep|stop|level|login)\b\s*(\S*)/;

/** reduce: the points of the last minutes, the faults and the events among them. */
export function reduce(s = first(), e) {
  const { kind, data: d } = e;
  switch (kind) {
    case 'reset': return { ...first(), wires: reduceWires(undefined, e), ui: s.ui };
    case 'ui.late': return { ...s };
    case 'ui.theme': return { ...s, ui: { ...s.ui } }; // drawn at once
    case 'world': {
      const wires = reduceWires(s.wires, e);
      return s.run !== null && s.run !== d.run ? { ...first(), run: d.run, speed: d.speed || 1, wires, ui: s.ui } : { ...s, run: d.run, speed: d.speed || 1, wires };
    }
    case 'plot': return { ...s, points: recent(s.points, { ...d, at: Date.parse(d.t) }) };
    case 'fault': return { ...s, faults: { ...s.faults, [d.name + ' ' + d.from]: placed(s, d) } };
    case 'step': {
      const m = d.t && d.state !== 'waiting' && worth.exec(d.text);
      if (!m || s.marks[d.n]?.t === d.t) return s;
      const text = m[1] === 'level' ? m[2] : m[1] === 'login' ? 'login ' + m[2] : m[1];
      return { ...s, marks: { ...s.marks, [d.n]: { t: d.t, at: now(s), text } } };
    }
    case 'ui.tab': return { ...s, ui: { ...s.ui, tab: d.tab } };
    case 'ui.size': return d.size === s.ui.size ? s : { ...s, ui: { ...s.ui, size: d.size } };
  }
  const wires = reduceWires(s.wires, e);
  return wires === s.wires ? s : { ...s, wires };
}

/** now is the car's time: that of the newest point. Infinity before the first one, for which nothing is drawn. */
const now = (s) => s.points.at(-1)?.at ?? Infinity;

/**
 * placed puts a fault among the points by when it was told: it is dated by the clock on
 * the wall, and the car's may be faster.
 */
function placed(s, d) {
  const on = s.faults[d.name + ' ' + d.from], at = now(s);
  if (d.on) return on || { name: d.name, from: at, to: null };
  const lasted = (Date.parse(d.to) - Date.parse(d.from)) * s.speed || 0;
  return { name: d.name, from: on ? on.from : at - lasted, to: at };
}

/** recent puts a point behind the others; time that goes back begins anew. */
function recent(points, p) {
  const last = points.at(-1);
  if (last && p.at < last.at) points = points.filter((x) => x.at < p.at);
  return [...points.slice(points.length >= most ? 1 - most : 0), p];
}

const words = (name) => faults.find(([n]) => n === name)?.[1] || name;

/** spansOf are what is shaded: faults, and times without a fix that no fault explains. */
export function spansOf(s) {
  const end = s.points.at(-1)?.at || 0;
  const broken = Object.values(s.faults).map((f) => ({ from: f.from, to: f.to ?? end, text: words(f.name) }));
  const open = gaps(s.points).filter((g) => !broken.some((b) => /GNSS/.test(b.text) && b.from <= g.to + 5000 && b.to >= g.from - 5000));
  return [...broken, ...open.map((g) => ({ ...g, text: 'GNSS gap' }))].filter((x) => x.to >= end - shownSpan);
}

/** marksOf are the events among the points. */
export const marksOf = (s) => [...dips(s.points).map((at) => ({ at, text: '12 V dip', part: true })), ...Object.values(s.marks)];

/** value of a strip as it is now. */
export function value(strip, p) {
  if (!p) return '–';
  return p[strip.key] == null ? (strip.key === 'accuracy' ? 'no fix' : '–') : Number(p[strip.key]).toFixed(strip.digits);
}

/** last says how much of the car's time is drawn. */
export function last(points) {
  const { from, to } = shown(points), minutes = Math.ceil((to - from) / 60_000);
  return minutes > 1 ? `last ${minutes} min` : 'last minute';
}

function told(s) {
  const p = s.points.at(-1);
  const on = spansOf(s).map((x) => x.text);
  return `Plots of the ${last(s.points)}. Now: ` + strips.map((x) => `${x.name} ${value(x, p)} ${x.unit}`).join(', ') + (on.length ? '. Shaded: ' + [...new Set(on)].join(', ') : '');
}

const tabs = [['plots', 'Plots'], ['can', 'CAN'], ['nmea', 'NMEA'], ['mqtt', 'MQTT'], ['dbus', 'D-Bus']];

function paint(root, s, tools) {
  const newest = s.points.at(-1), at = s.ui.tab;
  const size = (canvas) => {
    new ResizeObserver(() => tools.tell({ kind: 'ui.size', data: { size: canvas.clientWidth + 'x' + canvas.clientHeight } })).observe(canvas);
    new MutationObserver((_, themes) => canvas.isConnected ? tools.tell({ kind: 'ui.theme' }) : themes.disconnect()).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  };
  render(root,
    h('div', { class: 'ph' }, icon('gear'), h('h2', null, title),
      h('div', { class: 'r' }, h('div', { class: 'chips', role: 'group', 'aria-label': 'What is shown' }, tabs.map(([name, text]) =>
        h('button', { type: 'button', class: 'chip', key: name, 'aria-pressed': String(at === name), onclick: () => tools.tell({ kind: 'ui.tab', data: { tab: name } }) }, text))),
      h('span', { class: 'last' }, at === 'plots' ? last(s.points) : ''))),
    at === 'plots'
      ? h('div', { class: 'plots', key: 'plots' },
        h('dl', null, strips.map((x) => h('div', { key: x.key }, h('dt', null, x.name), h('dd', null, value(x, newest), newest && newest[x.key] != null && h('small', null, ' ' + x.unit))))),
        h('canvas', { role: 'img', 'aria-label': told(s), made: size }))
      : h('div', { class: 'table', key: 'table' }, tables[at](s.wires)));
  const canvas = root.querySelector('canvas');
  if (canvas) drawPlots(canvas, { points: s.points, spans: spansOf(s), marks: marksOf(s) });
}

/** One picture a second. */
export const draw = calm(1000, paint);
