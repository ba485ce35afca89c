// Home: the way, who sees this drive, and the level.

import { h, icon } from '../dom.js';
import { box, map as drawing, project, town, way } from '../map.js';
import { proper, role, texts } from '../texts.js';
import { hhmm } from '../time.js';
import { avatar, badge, levelReasons, levelSwitch, letterOf, note, you } from './parts.js';
import { opensLater, parked, sight, warning } from './state.js';

/** The plane is drawn anew when the car is so far, in metres, from its middle. */
const stray = 160, across = 1300;
let middle = null;

/** Who wants no motion sees where the car is every two seconds. */
const rest = 2000, calm = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)');
let held = null;

function seen(s) {
  const now = performance.now();
  if (!calm?.matches || !held || now - held.at >= rest || Math.abs(s.nav.lat - held.lat) > .02) held = { at: now, lat: s.nav.lat, lon: s.nav.lon, turned: s.turned };
  return held;
}

export function home(s, t) {
  const readers = (s.privacy?.readers || []).filter((r) => r.column !== 'backend'), who = s.wheel?.who || '';
  return h('div', { class: 'pg home' }, map(s),
    h('div', { class: 'hcol' },
      h('div', { class: 'tile me' }, avatar(letterOf(s, who), who, 48), h('div', null, h('b', null, proper(who)), h('small', null, Object.keys(s.settings).length ? texts.loaded(role(s.wheel?.role)) : role(s.wheel?.role)))),
      h('div', { class: 'tile grow' }, h('h3', null, icon('shield', 16), texts.whoSees),
        h('ul', { class: 'see' + (s.privacy?.effective === 'offline' ? ' tight' : '') }, readers.map((r) => {
          const gets = sight(r);
          return h('li', { key: r.letter + r.name }, badge(r.letter), r.column === 'workshop' ? r.name || texts.workshop : you(s, r.name), h('span', { class: 'st ' + gets.tone }, gets.text));
        })),
        s.privacy?.effective === 'offline' && h('p', { class: 'why v', role: 'status' }, icon('net', 15), texts.offlineNote),
        opensLater(s) && h('p', { class: 'why' }, icon('time', 15), texts.placeLater)),
      levelSwitch(s, t), levelReasons(s)));
}

/** map is the tilted town, the turn, speed and arrival. */
function map(s) {
  const n = s.nav, estimated = n && n.lat != null && (n.age > 2000 || s.privacy && s.privacy.gnss !== 'up');
  return h('div', { class: 'hmap' }, n?.lat != null ? drawing({ class: 'ground', key: 'ground', 'aria-hidden': 'true' }, plane(s), h('div', { class: 'fade' }),
    h('svg', { class: 'arrow', viewBox: '0 0 60 60' }, h('circle', { class: 'm-halo', cx: 30, cy: 30, r: 28 }), h('path', { class: 'm-arrow', d: 'M30 10l14 38-14-8-14 8z' }))) :
    h('div', { class: 'nomap', key: 'nomap' }, icon('off', 34), texts.noPositionCar),
    n?.next && h('div', { class: 'turn' }, icon(n.next.turn, 40), h('div', null, h('span', { class: 'sr' }, texts.turn[n.next.turn] + ', '), h('b', null, metres(n.next.metres)), h('span', null, n.next.street || ''))),
    h('div', { class: 'flags' },
      warning(s) && h('span', { class: 'flag a' }, icon('warn', 16), warning(s)),
      estimated && h('span', { class: 'flag n' }, icon('sat', 16), texts.estimated)),
    h('div', { class: 'dash' },
      parked(s) && !(n?.kmh >= 1) ? h('div', { class: 'spd park' }, h('b', null, 'P'), h('small', null, texts.parked)) : h('div', { class: 'spd' }, h('b', null, n?.kmh == null ? '–' : Math.round(n.kmh)), h('small', null, 'km/h')),
      n?.arrival && h('div', { class: 'eta' }, h('b', null, hhmm(n.arrival)), texts.minutes(n.minutes, n.km)),
      !n?.arrival && n?.street && h('div', { class: 'eta' }, h('b', null, n.street))));
}

const metres = (m) => m == null ? '' : m >= 1000 ? (m / 1000).toFixed(1) + ' km' : Math.round(m / (m < 100 ? 10 : 50)) * (m < 100 ? 10 : 50) + ' m';

function plane(s) {
  const { lat, lon, turned } = seen(s), [x, y] = project(lat, lon);
  if (!middle || Math.hypot(x - middle.x, y - middle.y) > stray) middle = { x, y, lat, lon };
  const scale = 1900 / across;
  return h('div', { class: 'plane', style: { transform: `perspective(820px) rotateX(54deg) rotateZ(${(-turned).toFixed(1)}deg)` } },
    h('div', { class: 'slide', style: { transform: `translate(${((middle.x - x) * scale).toFixed(1)}px,${((middle.y - y) * scale).toFixed(1)}px)` } },
      h('svg', { viewBox: box(middle.lat, middle.lon, across * 1.4, across * 1.4) }, town(),
        s.route.length > 1 && [way(s.route, 'edge', 24), way(s.route, 'way', 15)])));
}
