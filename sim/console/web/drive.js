// Driving and faults: every button and key is a line of the scenario language.

import { h, icon, render } from './dom.js';
import { heard, held, linesOf } from './keys.js';
import { calm, sign, yes } from './panels.js';
import { proper } from './texts.js';

export const title = 'Drive';
export const kinds = ['world', 'drive', 'truth', 'fault', 'people', 'phone', 'route', 'step', 'signal', 'wheel'];

/** Routes through the town, and those that come along. */
export const routes = ['hafen-westend', 'westend-hafen', 'messe-altstadt', 'strand-bahnhof', 'flughafen-klinik', 'tour-7', 'block.gpx', 'commute.gpx', 'garage.gpx'];

const first = () => ({
  drive: null, kmh: 0, faults: {}, people: [], near: {}, route: '', lights: {}, who: '', run: null, drives: false,
  ui: { keyboard: false, pressed: [], more: false, route: '', fob: '', note: '' },
});

/** reduce: how the car stands, what is broken, and what is held. */
export function reduce(s = first(), { kind, data: d }) {
  switch (kind) {
    case 'reset': return { ...first(), ui: s.ui };
    case 'ui.late': return { ...s };
    case 'world': {
      const drives = d.phase === 'driving';
      if (s.run !== null && s.run !== d.run) return { ...first(), people: s.people, run: d.run, drives, ui: s.ui };
      return s.run === d.run && s.drives === drives ? s : { ...s, run: d.run, drives };
    }
    case 'drive': return { ...s, drive: d };
    case 'truth': return (d.kmh || 0) === s.kmh ? s : { ...s, kmh: d.kmh || 0 };
    case 'fault': return { ...s, faults: { ...s.faults, [d.name]: d } };
    case 'people': return d.people?.length ? { ...s, people: joined(s.people, d.people.map((p) => p.name)) } : s;
    case 'phone': return s.people.includes(d.name) ? s : { ...s, people: joined(s.people, [d.name]) };
    case 'route': return { ...s, route: d.name || s.route };
    case 'wheel': return { ...s, who: d.who || '' };
    case 'signal': {
      const side = /DirectionIndicator\.(Left|Right)\.IsSignaling$/.exec(d.path)?.[1];
      return side ? { ...s, lights: { ...s.lights, [side]: yes(d.value) } } : s;
    }
    case 'step': { // a key near the car shows nowhere else
      const fob = d.state === 'ok' && (/^fob (\S+) (in|out)/.exec(d.text) || /^(?:unlock|door driver open) fob=(\S+)/.exec(d.text));
      return fob ? { ...s, near: { ...s.near, [fob[1]]: fob[2] !== 'out' } } : s;
    }
    case 'ui.keyboard': return { ...s, ui: { ...s.ui, keyboard: d.on, pressed: [] } };
    case 'ui.key': return { ...s, ui: { ...s.ui, pressed: d.down ? joined(s.ui.pressed, [d.key]) : s.ui.pressed.filter((k) => k !== d.key) } };
    case 'ui.released': return s.ui.pressed.length ? { ...s, ui: { ...s.ui, pressed: [] } } : s;
    case 'ui.more': return { ...s, ui: { ...s.ui, more: !s.ui.more } };
    case 'ui.choose': return { ...s, ui: { ...s.ui, ...d } };
    case 'ui.answer': return { ...s, ui: { ...s.ui, note: d.ok === false ? `${d.line}: ${d.error}` : '' } };
  }
  return s;
}

const joined = (a, b) => [...new Set([...a, ...b])];

/** carOf is what the keys go by. */
export function carOf(s) {
  const d = s.drive || {}, fob = s.ui.fob || s.who || s.people[0] || '';
  return {
    gear: d.gear || '', ignition: yes(d.ignition), door: yes(d.door), belt: yes(d.belt), locked: yes(d.locked), kmh: s.kmh,
    fob, near: Boolean(s.near[fob]), left: Boolean(s.lights.Left), right: Boolean(s.lights.Right), route: s.ui.route || s.route || routes[0], drives: s.drives,
  };
}

/** Faults: name, words, icon, how it is said, and whether it happens once and is over. */
export const faults = [
  ['power', 'Cut power', 'bolt', 'power', true], ['offline', 'Offline', 'net', 'offline'], ['gnss', 'No GNSS', 'sat', 'gnss'],
  ['clock', 'Clock jump', 'time', 'clock +1h', true], ['disk-full', 'Disk full', 'db', 'disk-full'], ['can', 'CAN off', 'car', 'can'],
  ['can-garbage', 'CAN noise', 'warn', 'can-garbage'], ['unplug can', 'Unplug CAN', 'cross', 'unplug can'], ['duplicate', 'Duplicates', 'mail', 'duplicate'],
  ['broker-restart', 'Broker', 'rew', 'broker-restart', true], ['slow-disk', 'Slow disk', 'db', 'slow-disk'], ['gnss-garbage', 'GNSS noise', 'warn', 'gnss-garbage'],
];

/** faultLine is what a click says: on or off, with shift for ten seconds. */
export function faultLine([, , , said, once], on, shift) {
  if (said.startsWith('clock')) return 'fault ' + said; // it stays so
  if (said === 'broker-restart') return 'fault ' + said; // it comes back by itself
  if (shift) return `fault ${said} for 10s`;
  return `fault ${said}${on && !once ? ' off' : ''}`;
}

function radios(name, choices, at, off, choose) {
  const move = (e) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (!by) return;
    e.preventDefault();
    const all = [...e.currentTarget.querySelectorAll('button')];
    all[(all.indexOf(document.activeElement) + by + all.length) % all.length].focus();
  };
  const none = !choices.some(([value]) => value === at);
  return h('div', { class: 'gears', role: 'radiogroup', 'aria-label': name, onkeydown: move }, choices.map(([value, text], i) =>
    h('button', { type: 'button', role: 'radio', key: value, 'aria-checked': String(value === at), tabindex: value === at || none && !i ? 0 : -1, disabled: off, onclick: () => choose(value) }, text)));
}

function meter(name, part, cls) {
  const p = Math.round(100 * (part || 0));
  return h('div', { class: 'ped' }, h('span', null, `${name} ${p} %`),
    h('div', { role: 'meter', 'aria-label': name, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': p }, h('i', { class: cls, style: { width: p + '%' } })));
}

function faultButton(f, s, tools) {
  const [name, words, glyph] = f, on = Boolean(s.faults[name]?.on);
  return h('button', { type: 'button', key: name, 'aria-pressed': String(on), title: faultLine(f, on, false), onclick: (e) => tools.act(faultLine(f, on, e.shiftKey)) },
    icon(on ? 'cross' : glyph), words, on && h('span', { class: 'sr' }, ', on'));
}

/** Listeners of the keyboard, one a root; latest is what they go by. */
const latest = new WeakMap();

function listen(root, s, tools) {
  const known = latest.get(root);
  if (known) {
    known.s = s;
    return;
  }
  const now = { s, down: new Set() };
  latest.set(root, now);
  document.addEventListener('keydown', (e) => {
    const key = e.key.toLowerCase();
    if (!now.s.ui.keyboard || !heard(e) || e.shiftKey || !'wasdprnobki'.includes(key) || key.length !== 1) return;
    e.preventDefault();
    if (e.repeat || now.down.has(key)) return;
    now.down.add(key);
    press(key, true, () => now.s, tools);
  });
  const up = (key) => now.down.delete(key) && press(key, false, () => now.s, tools);
  document.addEventListener('keyup', (e) => up(e.key.toLowerCase()));
  window.addEventListener('blur', () => [...now.down].forEach(up));
  document.addEventListener('focusin', (e) => heard({ target: e.target }) || [...now.down].forEach(up));
}

/** press says what a key means in the car as it is now: what was told is drawn first, with all that came since. */
async function press(key, down, now, tools) {
  tools.tell({ kind: 'ui.key', data: { key, down } });
  for (const line of linesOf(key, down, carOf(now()))) await tools.act(line);
}

function cap(key, name, s, off, tools) {
  const on = s.ui.pressed.includes(key), hold = held.has(key);
  const down = (e) => { e.preventDefault(); press(key, true, () => s, tools); }, up = () => s.ui.pressed.includes(key) && press(key, false, () => s, tools);
  return h('button', {
    type: 'button', class: 'kc' + (on ? ' on' : ''), key, title: name, disabled: off,
    onpointerdown: hold ? down : null, onpointerup: hold ? up : null, onpointerleave: hold ? up : null,
    onclick: hold ? (e) => e.detail === 0 && press(key, true, () => s, tools).then(() => setTimeout(() => press(key, false, () => s, tools), 1000)) : () => press(key, true, () => s, tools).then(() => press(key, false, () => s, tools)),
  }, key.toUpperCase(), h('span', { class: 'sr' }, name.slice(1)));
}

function paint(root, s, tools) {
  listen(root, s, tools);
  const car = carOf(s), off = !s.drive?.made, say = (line) => () => tools.act(line);
  const chip = (key, text, on, line, name) => h('button', { type: 'button', class: 'chip', 'aria-pressed': String(on), title: name, disabled: off || !line, onclick: say(line) }, text, h('kbd', { 'aria-hidden': 'true' }, key));
  const choose = (name, at, list, what, words) => h('select', { 'aria-label': name, title: name, disabled: off, value: at, onchange: (e) => tools.tell({ kind: 'ui.choose', data: { [what]: e.target.value } }) },
    list.map((x) => h('option', { key: x, value: x, selected: x === at }, words(x))));
  const all = joined([car.route], routes), active = Object.values(s.faults).filter((f) => f.on).length;
  const hiddenOn = (s.ui.more ? faults.slice(0, 6) : faults.slice(6)).filter(([n]) => s.faults[n]?.on).length;
  render(root,
    h('div', { class: 'ph' }, icon('car'), h('h2', null, title),
      h('div', { class: 'r' },
        choose('Route', car.route, all, 'route', (x) => x.replace(/\.gpx$/, '')),
        h('button', { type: 'button', class: 'chip', disabled: off, 'aria-label': 'Drive the route', title: `drive ${car.route}`, onclick: say(`drive ${car.route}`) }, icon('play', 12)),
        h('label', { class: 'kb' }, 'keys', h('button', { type: 'button', class: 'sw s', role: 'switch', 'aria-checked': String(s.ui.keyboard), 'aria-label': 'Drive with the keyboard',
          title: 'W A S D pedals and indicators, P R N D gears, I ignition, O door, B belt, K key', onclick: () => tools.tell({ kind: 'ui.keyboard', data: { on: !s.ui.keyboard } }) })))),
    h('div', { class: 'ctl' },
      h('div', { class: 'ln' },
        radios('Gear', ['P', 'R', 'N', 'D'].map((g) => [g, g]), car.gear, off, (g) => tools.act('gear ' + g)),
        radios('Ignition', [['off', 'Off'], ['on', 'On']], s.drive ? car.ignition ? 'on' : 'off' : '', off, (v) => tools.act('ignition ' + v)),
        h('button', { type: 'button', class: 'chip lock', 'aria-pressed': String(car.locked), 'aria-label': car.locked ? 'Locked. Unlock' : 'Unlocked. Lock', title: car.locked ? 'Locked' : 'Unlocked', disabled: off, onclick: say(car.locked ? 'unlock' : 'lock') }, icon(car.locked ? 'lock' : 'unlock', 15))),
      h('div', { class: 'ln' },
        h('div', { class: 'wasd' }, cap('w', 'W, accelerate', s, off, tools), cap('a', 'A, left indicator', s, off, tools), cap('s', 'S, brake', s, off, tools), cap('d', 'D, right indicator', s, off, tools)),
        h('div', { class: 'pedals' }, meter('Throttle', s.drive?.throttle, 'ok'), meter('Brake', s.drive?.brake, 'no'))),
      h('div', { class: 'ln' },
        chip('O', car.door ? 'Door open' : 'Door', car.door, `door driver ${car.door ? 'close' : 'open'}`, 'The driver’s door (O)'),
        chip('B', [car.belt && sign('check'), 'Belt'], car.belt, linesOf('b', true, car)[0], 'The driver’s belt (B)'),
        s.people.length > 0 && choose('Whose key', car.fob, s.people, 'fob', proper),
        chip('K', [car.near && sign('check'), 'Key'], car.near, linesOf('k', true, car)[0], car.fob ? `${proper(car.fob)}’s key is ${car.near ? 'near' : 'away'} (K)` : 'Key (K)')),
      h('div', { class: 'ln cap' }, h('h3', null, 'Inject fault'), active > 0 && h('span', { class: 'mini x' }, `${active} on`),
        h('span', { class: 'r' }, s.drive && off ? 'a recorded car: not driven by hand' : 'shift-click: for 10 s'),
        h('button', { type: 'button', class: 'chip', 'aria-pressed': String(s.ui.more), onclick: () => tools.tell({ kind: 'ui.more' }) }, s.ui.more ? 'Less' : 'More', hiddenOn > 0 && h('b', { class: 'x' }, hiddenOn))),
      h('div', { class: 'flt' + (s.ui.more ? ' more' : '') }, faults.map((f) => faultButton(f, s, tools))),
      s.ui.note && h('p', { class: 'said', role: 'alert' }, sign('cross', 'x'), s.ui.note, h('button', { type: 'button', class: 'chip', 'aria-label': 'Close', onclick: () => tools.tell({ kind: 'ui.choose', data: { note: '' } }) }, icon('cross', 12)))));
}

export const draw = calm(100, paint);
