// Plots over twenty minutes at most: what lies where, and the drawing. All but draw is
// pure.

/** How much of the car's time is shown, in milliseconds. */
export const shownSpan = 20 * 60_000;

/** Strips, from top to bottom: member of a plot event, words, unit, digits, least and top of the scale, colour. */
export const strips = [
  { key: 'kmh', name: 'Speed', unit: 'km/h', digits: 0, least: 0, top: 60, colour: '--main' },
  { key: 'volt', name: '12 V', unit: 'V', digits: 1, least: 10, top: 15.5, colour: '--part' },
  { key: 'accuracy', name: 'GNSS accuracy', unit: 'm', digits: 1, least: 0, top: 8, colour: '--shared' },
  { key: 'rate', name: 'Published', unit: 'msg/s', digits: 1, least: 0, top: 4, colour: '--ok' },
];

/** shown is the stretch that is drawn: what there is, a quarter of a minute at least and shownSpan at most. @returns {{from: number, to: number}} */
export function shown(points) {
  const to = points.at(-1)?.at ?? 0;
  return { from: to - Math.min(shownSpan, Math.max(15_000, to - (points[0]?.at ?? to))), to };
}

/** scale of a strip: its own, or more where a value is higher; accuracy is cut off at its top. */
export function scale(strip, points) {
  let top = strip.top;
  if (strip.key !== 'accuracy') for (const p of points) if (p[strip.key] > top) top = p[strip.key];
  return { least: strip.least, top: top > strip.top ? top * 1.05 : top };
}

/**
 * runs are the stretches of a strip without a hole: [x, y], both from 0 to 1, y upwards.
 * A hole is a value that is not there, or more time without a point than the car's
 * fastest clock makes of a second.
 */
export function runs(points, strip, from, to) {
  const all = [], { least, top } = scale(strip, points), hole = 90_000;
  let run = null, before = 0;
  for (const p of points) {
    if (p.at < from) continue;
    const v = p[strip.key];
    if (v == null || run && p.at - before > hole) run = null;
    before = p.at;
    if (v == null) continue;
    if (!run) all.push(run = []);
    run.push([(p.at - from) / (to - from), Math.min(1, Math.max(0, (v - least) / (top - least)))]);
  }
  return all;
}

/** gaps are the times without a fix, between fixes. @returns {{from: number, to: number}[]} */
export function gaps(points) {
  const all = [];
  let had = false, from = 0;
  for (const p of points) {
    if (p.accuracy == null) {
      if (had && !from) from = p.at;
    } else {
      if (from) all.push({ from, to: p.at });
      had = true;
      from = 0;
    }
  }
  if (from) all.push({ from, to: points.at(-1).at });
  return all;
}

/** dips are when the 12 V battery fell below 12.5 V from above 13 V. @returns {number[]} */
export function dips(points) {
  const all = [];
  for (let i = 1; i < points.length; i++) {
    const before = points[Math.max(0, i - 3)].volt;
    if (before >= 13 && points[i].volt < 12.5 && points[i - 1].volt >= 12.5) all.push(points[i].at);
  }
  return all;
}

/**
 * labels keeps those that do not lie over one another; earlier ones of the list have
 * the better right. x from 0 to wide, in pixels.
 * @template {{x: number, width: number}} T
 * @param {T[]} all @returns {T[]}
 */
export function labels(all) {
  const kept = [];
  for (const l of all) if (kept.every((k) => Math.abs(k.x - l.x) > (k.width + l.width) / 2 + 6)) kept.push(l);
  return kept;
}

/**
 * draw draws all strips on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {{points: Object[], spans: {from: number, to: number, text: string}[], marks: {at: number, text: string, part?: boolean}[]}} what
 */
export function draw(canvas, { points, spans, marks }) {
  const ratio = devicePixelRatio || 1, wide = canvas.clientWidth, high = canvas.clientHeight;
  if (!wide || !high) return;
  if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) {
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(high * ratio);
  }
  const c = canvas.getContext('2d'), css = getComputedStyle(canvas), token = (name) => css.getPropertyValue(name).trim();
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, wide, high);
  const left = 4, right = wide - 12, foot = 38, top = 8, each = (high - foot - top) / strips.length, bottom = top + each * strips.length - 12;
  const { from, to } = shown(points), X = (at) => left + (right - left) * (at - from) / (to - from);
  c.font = '10.5px ' + css.fontFamily;
  c.textAlign = 'center';
  const names = [];
  for (const s of spans) {
    if (s.to < from || !points.length) continue;
    const x0 = Math.max(left, X(s.from)), x1 = Math.min(right, Math.max(X(s.to), x0 + 2));
    c.globalAlpha = 0.16;
    c.fillStyle = token('--no');
    c.fillRect(x0, top - 2, x1 - x0, bottom - top + 4);
    c.globalAlpha = 1;
    names.push({ x: (x0 + x1) / 2, text: s.text, colour: token('--no') });
  }
  for (const m of marks) {
    if (m.at < from || m.at > to) continue;
    c.strokeStyle = token(m.part ? '--part' : '--tx3');
    c.setLineDash([2, 3]);
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(X(m.at), top - 2);
    c.lineTo(X(m.at), bottom + 2);
    c.stroke();
    c.setLineDash([]);
    names.push({ x: X(m.at), text: m.text, colour: token(m.part ? '--part' : '--tx2') });
  }
  for (const n of names) {
    n.width = c.measureText(n.text).width;
    n.x = Math.min(right - n.width / 2, Math.max(left + n.width / 2, n.x));
  }
  for (const n of labels(names)) {
    c.fillStyle = n.colour;
    c.fillText(n.text, n.x, high - foot + 12);
  }
  strips.forEach((strip, i) => {
    const y1 = top + each * (i + 1) - 12, y0 = top + each * i, Y = (v) => y1 - (y1 - y0 - 4) * v;
    c.lineWidth = 1;
    c.strokeStyle = token('--line');
    c.beginPath();
    for (const y of [y1, (y0 + y1) / 2]) { c.moveTo(left, Math.round(y) + 0.5); c.lineTo(right, Math.round(y) + 0.5); }
    c.stroke();
    if (!points.length) return;
    c.strokeStyle = c.fillStyle = token(strip.colour);
    let end = null;
    for (const run of runs(points, strip, from, to)) {
      c.beginPath();
      run.forEach(([x, v], n) => c[n ? 'lineTo' : 'moveTo'](left + (right - left) * x, Y(v)));
      c.lineWidth = 1.6;
      c.lineJoin = 'round';
      c.stroke();
      c.lineTo(left + (right - left) * run.at(-1)[0], y1);
      c.lineTo(left + (right - left) * run[0][0], y1);
      c.globalAlpha = 0.09;
      c.fill();
      c.globalAlpha = 1;
      end = run.at(-1);
    }
    if (end && end[0] > 0.99) {
      c.beginPath();
      c.arc(right, Y(end[1]), 3, 0, 7);
      c.fill();
    }
  });
  if (!points.length) return;
  c.fillStyle = token('--tx3');
  for (let i = 0; i <= 4; i += right - left < 300 ? 2 : 1) {
    c.textAlign = i === 0 ? 'left' : i === 4 ? 'right' : 'center';
    c.fillText(new Date(from + (to - from) * i / 4).toISOString().slice(11, to - from < 240_000 ? 19 : 16), left + (right - left) * i / 4, high - 8);
  }
}
