// The town's drawing, tracks and the car, for head unit, phones and true
// position. Everything lies on one plane: x metres east, y metres south of the
// town's origin.

import { h } from './dom.js';

/** Where the plane touches the globe; /api/town.svg says it in data-lat and data-lon. */
export const origin = { lat: 54.19, lon: 6.62 };
/** What the drawing covers, in metres; its viewBox. */
export const extent = { x: -7000, y: -4800, width: 14000, height: 9600 };

/** Metres of a degree of latitude; /api/town.svg says it in data-degree. */
let metresPerDegree = 111_194.93;

/** project lays a place on the plane. @returns {[number, number]} */
export const project = (lat, lon) => [
  (lon - origin.lon) * metresPerDegree * Math.cos(origin.lat * Math.PI / 180),
  (origin.lat - lat) * metresPerDegree,
];

/** line is the d of a path along places [[lat, lon], …]; of one list it is made once. */
export function line(points) {
  let d = lines.get(points);
  if (d === undefined) {
    d = points.map(([lat, lon], i) => {
      const [x, y] = project(lat, lon);
      return (i ? 'L' : 'M') + x.toFixed(1) + ',' + y.toFixed(1);
    }).join('');
    lines.set(points, d);
  }
  return d;
}

let lines = new WeakMap();

/** bearing is the heading of the way from one place to the next, in degrees from north. */
export function bearing([lat1, lon1], [lat2, lon2]) {
  const [x1, y1] = project(lat1, lon1), [x2, y2] = project(lat2, lon2);
  return (Math.atan2(x2 - x1, y1 - y2) * 180 / Math.PI + 360) % 360;
}

/** town is the drawing, wherever it is used: inside of an svg. */
export const town = () => h('g', { key: 'town', opaque: true, made: async (g) => { if (await loadTown()) g.replaceChildren(drawing.cloneNode(true)); } });

const sheet = typeof CSSStyleSheet === 'function' ? new CSSStyleSheet() : null;
let drawing = null;

/**
 * map is an element with a drawing in it that nothing sees but who looks at it: what
 * lies outside of the frame overlaps no text of the page.
 */
export const map = (props, ...nodes) => h('div', { ...props, shadow: { sheets: sheet ? [sheet] : [], nodes } });

/** way is a drawn route: cls is way, planned, driven or gap. width in metres. */
export const way = (points, cls, width) => h('path', { class: 'm-' + cls, d: line(points), 'stroke-width': width, fill: 'none', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' });

/**
 * car is where it is, an arrow that shows its heading. size is that of the
 * ring's radius in metres; without a heading the arrow is a dot.
 */
export function car(lat, lon, heading, size) {
  const [x, y] = project(lat, lon), k = size / 17;
  return h('g', { class: 'm-car', transform: `translate(${x.toFixed(1)},${y.toFixed(1)}) scale(${k.toFixed(3)})` },
    h('circle', { class: 'm-halo', r: 30 }), h('circle', { class: 'm-ring', r: 17, 'stroke-width': 2.5 }),
    heading == null ? h('circle', { class: 'm-arrow', r: 6 }) : h('path', { class: 'm-arrow', transform: `rotate(${Math.round(heading)})`, d: 'M0,-10L7,9L0,5L-7,9z' }));
}

/** box is a viewBox of that many metres across, around a place. */
export function box(lat, lon, width, height) {
  const [x, y] = project(lat, lon);
  return `${(x - width / 2).toFixed(0)} ${(y - height / 2).toFixed(0)} ${width} ${height}`;
}

let loading = null;

/** loadTown asks for the server's drawing and its style, once. What failed is tried again at the next call. */
export function loadTown() {
  return loading ??= Promise.all(['/api/town.svg', '/map.css'].map(async (from) => {
    const answer = await fetch(from);
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.text();
  })).then(([picture, style]) => {
    sheet?.replaceSync(style);
    const svg = new DOMParser().parseFromString(picture, 'image/svg+xml').documentElement;
    if (svg.localName !== 'svg') throw new Error('no drawing');
    for (const name of ['lat', 'lon']) if (svg.dataset[name]) origin[name] = Number(svg.dataset[name]);
    metresPerDegree = Number(svg.dataset.degree) || metresPerDegree;
    const [x, y, width, height] = (svg.getAttribute('viewBox') || '').split(/[ ,]+/).map(Number);
    if (width > 0) Object.assign(extent, { x, y, width, height });
    lines = new WeakMap();
    for (const e of svg.querySelectorAll('[id]')) e.removeAttribute('id');
    drawing = document.importNode(svg.querySelector('g'), true);
    return true;
  }).catch(() => { loading = null; return false; });
}
