// The true position on the town's map: what was driven, what is planned, where the
// receiver had no sky.

import { h, icon, render } from './dom.js';
import { car, line, map, project, town } from './map.js';
import { calm } from './panels.js';

export const title = 'True position';
export const kinds = ['world', 'truth', 'route'];

/** Two places of the track are at least so far apart, in metres. */
const apart = 8;
/** A car that is so far from where it was, in metres, did not drive there. */
const jump = 500;
/** How many places of the track are kept; then every other one goes. */
const mostPoints = 1500;

const first = () => ({ at: null, track: [], route: [], name: '', run: null, ui: { near: false, wide: 402, high: 263 } });

/** reduce: where the car is, and its track: [lat, lon, sky, it was put there]. */
export function reduce(s = first(), { kind, data: d }) {
  switch (kind) {
    case 'reset': return { ...first(), ui: s.ui };
    case 'ui.late': return { ...s };
    case 'world': return s.run !== null && s.run !== d.run ? { ...first(), run: d.run, ui: s.ui } : s.run === d.run ? s : { ...s, run: d.run };
    case 'route': return { ...s, route: d.points || [], name: d.name || '' };
    case 'truth': return d.lat == null ? { ...s, at: null } : { ...s, at: d, track: longer(s.track, d) };
    case 'ui.size': return d.wide === s.ui.wide && d.high === s.ui.high ? s : { ...s, ui: { ...s.ui, ...d } };
    case 'ui.near': return { ...s, ui: { ...s.ui, near: !s.ui.near } };
  }
  return s;
}

function longer(track, { lat, lon, sky }) {
  const last = track.at(-1);
  const far = last ? metres(last, [lat, lon]) : 0;
  if (last && last[2] === sky && far < apart) return track;
  const next = [...track, [lat, lon, sky, far > jump]];
  return next.length > mostPoints ? next.filter((_, i) => i % 2 || i > mostPoints - 100) : next;
}

function metres(a, b) {
  const [ax, ay] = project(a[0], a[1]), [bx, by] = project(b[0], b[1]);
  return Math.hypot(ax - bx, ay - by);
}

/**
 * parts are the stretches of a track with and without sky; each goes on to the first
 * place of the next one, unless the car was put there.
 * @returns {{sky: boolean, points: number[][]}[]}
 */
export function parts(track) {
  const all = [];
  for (const p of track) {
    const last = all.at(-1);
    if (last && last.sky === p[2] && !p[3]) last.points.push(p);
    else {
      if (last && !p[3]) last.points.push(p);
      all.push({ sky: p[2], points: [p] });
    }
  }
  return all;
}

/**
 * before is the part of the route that was driven before the track begins, which is
 * what a page that was opened later has not seen.
 */
export function before(route, track) {
  if (!track.length || route.length < 2) return [];
  let best = Infinity, at = 0;
  route.forEach((p, i) => {
    const m = metres(p, track[0]);
    if (m < best) [best, at] = [m, i];
  });
  return best < 150 && at > 0 ? [...route.slice(0, at + 1), track[0]] : [];
}

/** digits of a place: 54.1872 N 6.6203 E. */
export function digits(at) {
  if (!at) return '';
  const side = (v, plus, minus) => `${Math.abs(v).toFixed(4)} ${v < 0 ? minus : plus}`;
  return `${side(at.lat, 'N', 'S')}  ${side(at.lon, 'E', 'W')}`;
}

/** frame is the part of the plane that is shown: the whole way, or around the car. */
export function frame(s, wide, high) {
  const all = s.ui.near && s.at ? [] : [...s.route, ...s.track].map(([lat, lon]) => project(lat, lon));
  if (s.at) all.push(project(s.at.lat, s.at.lon));
  if (!all.length) return step(-2000, -2000 * high / wide, 4000, 4000 * high / wide);
  const xs = all.map((p) => p[0]), ys = all.map((p) => p[1]), least = (l) => l.reduce((a, b) => Math.min(a, b)), top = (l) => l.reduce((a, b) => Math.max(a, b));
  const x = (least(xs) + top(xs)) / 2, y = (least(ys) + top(ys)) / 2;
  const width = coarse(Math.max(1000, (top(xs) - least(xs)) * 1.15, (top(ys) - least(ys)) * 1.3 * wide / high)), height = width * high / wide;
  return step(x - width / 2, y - height / 2, width, height);
}

/** coarse rounds up to one of six widths between 1 and 10. */
function coarse(width) {
  const ten = 10 ** Math.floor(Math.log10(width));
  return ten * [1, 1.4, 2, 3, 4.5, 7, 10].find((k) => k * ten >= width);
}

/**
 * step rounds a frame outwards, so that it stays the same for many places: whatever
 * changes it has the whole town drawn anew.
 */
export function step(x, y, width, height) {
  const by = width / 8, left = Math.floor(x / by) * by, top = Math.floor(y / by) * by;
  return [left, top, width + by, height + by].map((v) => Math.round(v)).join(' ');
}

function paint(root, s, tools) {
  const view = frame(s, s.ui.wide, s.ui.high), scale = Number(view.split(' ')[2]) / s.ui.wide; // metres a pixel
  const path = (points, cls, px) => points.length > 1 && h('path', { class: 'm-' + cls, d: line(points), 'stroke-width': (px * scale).toFixed(1), fill: 'none', 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'stroke-dasharray': cls === 'gap' ? `${(6 * scale).toFixed(0)} ${(7 * scale).toFixed(0)}` : null });
  const gap = s.track.some((p) => !p[2]), slice = { viewBox: view, preserveAspectRatio: 'xMidYMid slice' };
  const measure = (e) => new ResizeObserver(() => e.clientWidth && tools.tell({ kind: 'ui.size', data: { wide: e.clientWidth, high: e.clientHeight } })).observe(e);
  render(root,
    h('div', { class: 'ph' }, icon('pin'), h('h2', null, title),
      h('div', { class: 'r' }, s.at && !s.at.sky && h('span', { class: 'mini x' }, 'no sky'), h('span', { class: 'mono at' }, digits(s.at)),
        h('button', { type: 'button', class: 'chip', 'aria-pressed': String(s.ui.near), title: 'Around the car', 'aria-label': 'Around the car', onclick: () => tools.tell({ kind: 'ui.near' }) }, icon('nav', 13)))),
    h('div', { class: 'tmap', made: measure },
      // The town lies under what moves and is not drawn again with it.
      map({ class: 'ground', 'aria-hidden': 'true' }, h('svg', { class: 'full', style: { '--metres': scale.toFixed(1) }, ...slice }, town())),
      map({ class: 'ground', role: 'img', 'aria-label': s.at ? `The car is at ${digits(s.at)}, ${Math.round(s.at.kmh || 0)} km/h` : 'No position of the car yet' }, h('svg', { class: 'full', ...slice },
        path(s.route, 'planned', 3.5), path(before(s.route, s.track), 'driven', 5),
        parts(s.track).map((p, i) => h('g', { key: i }, path(p.points, p.sky ? 'driven' : 'gap', 5))),
        s.route.length > 0 && [s.route[0], s.route.at(-1)].map(([lat, lon], i) => {
          const [x, y] = project(lat, lon);
          return h('circle', { key: 'end' + i, fill: 'var(--map-land)', stroke: 'var(--planned)', cx: x.toFixed(0), cy: y.toFixed(0), r: (5 * scale).toFixed(0), 'stroke-width': (2 * scale).toFixed(1) });
        }),
        s.at && car(s.at.lat, s.at.lon, s.at.heading, 10 * scale))),
      !s.at && h('p', { class: 'hint' }, 'The car has no place yet. A drive begins one.'),
      h('div', { class: 'lg' },
        h('span', null, h('i', { class: 'driven', 'aria-hidden': 'true' }), 'driven'), h('span', null, h('i', { class: 'planned', 'aria-hidden': 'true' }), 'planned'),
        h('span', null, h('i', { class: 'gap', 'aria-hidden': 'true' }), gap ? 'GNSS gap' : 'GNSS gap: none'))));
}

export const draw = calm(250, paint);
