// What the developers' panels share: how often they draw, how they write a time,
// how they save a file.

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
