// What the developers' panels share: how often they draw, how they write a time,
// how they save a file, their signs.

import { h } from './dom.js';

/**
 * calm is a draw function that draws at most every so many milliseconds, and at once
 * where what a person did (state.ui) is another. What was put off is drawn when the
 * panel hears ui.late, for which its reduce returns a new value: so the newest
 * state is drawn, never one from before what was typed.
 */
export function calm(every, paint) {
  const roots = new WeakMap();
  return function draw(root, state, tools) {
    const p = roots.get(root) || { at: -Infinity, timer: 0, ui: undefined };
    roots.set(root, p);
    const wait = p.at + every - performance.now();
    if (wait > 0 && state.ui === p.ui) {
      p.timer ||= setTimeout(() => {
        p.timer = 0;
        p.at = -Infinity;
        tools.tell({ kind: 'ui.late' });
      }, wait);
      return;
    }
    clearTimeout(p.timer);
    p.timer = 0;
    p.at = performance.now();
    p.ui = state.ui;
    paint(root, state, tools);
  };
}

/** clock is the time of the day in UTC: minutes where seconds were not told. */
export function clock(t) {
  const m = /T(\d\d:\d\d):(\d\d)(?:\.(\d))?/.exec(String(t || ''));
  if (!m) return '';
  return m[2] === '00' && (m[3] || '0') === '0' ? m[1] : `${m[1]}:${m[2]}`;
}

/** seconds is the time of the day with seconds. */
export const seconds = (t) => /T(\d\d:\d\d:\d\d)/.exec(String(t || ''))?.[1] || '';

/** span writes milliseconds as minutes and seconds, with hours where there are any. */
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), two = (n) => String(n).padStart(2, '0');
  return (s >= 3600 ? two(Math.floor(s / 3600)) + ':' : '') + two(Math.floor(s / 60) % 60) + ':' + two(s % 60);
}

/** save offers a text as a file. */
export function save(name, text, type) {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([text], { type }));
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

/** yes reads what may be told as true, "on", "open" or "ON". */
export const yes = (v) => v === true || /^(on|open|start|yes|true)$/i.test(String(v));

const half = 'M6 1.8a4.2 4.2 0 0 1 0 8.4z', ring = 'M6 1.8a4.2 4.2 0 1 0 0 8.4a4.2 4.2 0 1 0 0-8.4';
/** Signs: what is drawn, and what is filled. */
const signs = {
  check: ['M2 6.5l2.8 2.8L10 3.5'], cross: ['M3 3l6 6M9 3l-6 6'], half: [ring, half], ring: [ring], dot: ['', ring], point: ['', 'M6 4.8a1.2 1.2 0 1 0 0 2.4a1.2 1.2 0 1 0 0-2.4'],
  purge: ['M4.5 2.5h6v7h-6L1.5 6zM6 4.8l2.4 2.4M8.4 4.8L6 7.2'], clock: ['M6 3v3.2l2 1.3'], run: ['', 'M3.5 2v8l6-4z'], dash: ['M3.5 6h5'],
  up: ['M6 10V2.5M3 5.5l3-3 3 3'], down: ['M6 2v7.5M3 6.5l3 3 3-3'], to: ['M2 6h7.5M6.5 3l3 3-3 3'],
};

/**
 * sign is a small drawing, hidden from readers: what it means stands beside it in words.
 * Letters such as ✓ would be text, and no program can tell their contrast.
 */
export const sign = (name, cls) => h('svg', { class: 'sign' + (cls ? ' ' + cls : ''), viewBox: '0 0 12 12', 'aria-hidden': 'true' },
  signs[name][0] && h('path', { d: signs[name][0] }), signs[name][1] && h('path', { class: 'full', d: signs[name][1] }));
