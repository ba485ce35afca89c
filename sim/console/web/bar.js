// The top bar: which scenario, how it plays, how far it is, what time it is there,
// and whether all lines are up.

import { h, icon, render } from './dom.js';
import { calm, seconds, sign, span } from './panels.js';

export const title = 'Scenario and time';
export const kinds = ['world', 'clock', 'link', 'step'];

const first = () => ({ world: null, clock: null, links: {}, steps: {}, ui: { open: false, scenarios: null, note: '' } });

/** reduce: the newest of each, and whether the list of scenarios is open. */
export function reduce(s = first(), { kind, data: d }) {
  switch (kind) {
    case 'reset': return { ...first(), ui: s.ui };
    case 'ui.late': return { ...s };
    case 'world': return { ...s, world: d, steps: s.world && s.world.run !== d.run ? {} : s.steps };
    case 'clock': return { ...s, clock: d };
    case 'link': return { ...s, links: { ...s.links, [d.name]: d } };
    case 'step': return { ...s, steps: { ...s.steps, [d.n]: d } };
    case 'ui.menu': return { ...s, ui: { ...s.ui, open: d.open } };
    case 'ui.escape': return s.ui.open ? { ...s, ui: { ...s.ui, open: false } } : s;
    case 'ui.scenarios': return { ...s, ui: { ...s.ui, scenarios: d.scenarios } };
    case 'ui.note': return { ...s, ui: { ...s.ui, note: d.text || '' } };
  }
  return s;
}

/**
 * progress is how far the script is: lines by hand do not count.
 * @returns {{at: number, of: number, done: number, text: string, state: string}}
 */
export function progress(s) {
  const all = Object.values(s.steps).filter((x) => !x.hand).sort((a, b) => a.n - b.n);
  const over = (x) => x.state === 'ok' || x.state === 'refused' || x.state === 'failed';
  const done = all.filter(over).length, failed = all.find((x) => x.state === 'failed');
  const now = all.find((x) => x.state === 'running') || all.find((x) => x.state === 'waiting');
  const state = failed ? 'failed' : !all.length ? 'none' : done === all.length || s.world?.over ? 'passed' : 'playing';
  const at = state === 'failed' ? all.indexOf(failed) + 1 : state === 'playing' ? all.indexOf(now) + 1 : done;
  return { at, of: all.length, done, state, text: (failed || (state === 'playing' ? now : null))?.text || '' };
}

const states = { up: ['dot', 'g'], degraded: ['half', 'a'], down: ['cross', 'x'], off: ['ring', 'n'] };
const names = { agent: 'agent', can: 'CAN', gnss: 'GNSS', mqtt: 'MQTT' };

function link(name, l) {
  const [mark, cls] = states[l?.state] || states.off;
  const rate = l?.rate > 0 && (name === 'can' || name === 'gnss') ? `${Math.round(l.rate)}/s` : '';
  return h('span', { class: 'h', key: name, title: l ? l.words || l.state : 'not there yet' },
    sign(mark, cls), names[name], h('span', { class: 'sr' }, ' ' + (l?.state || 'unknown')), rate && h('span', { class: 'rate' }, rate));
}

function menu(s, tools) {
  const all = s.ui.scenarios, start = (name) => {
    tools.tell({ kind: 'ui.menu', data: { open: false } });
    play(tools, 'restart ' + name);
  };
  return h('div', { class: 'menu', id: 'scenarios' },
    !all ? h('p', { class: 'n' }, 'Asking for the scenarios…') : !all.length ? h('p', { class: 'n' }, 'There is none to choose.')
      : h('ul', { class: 'scroll' }, all.map((x) => h('li', { key: x.name }, h('button', { type: 'button', onclick: () => start(x.name), 'aria-current': x.name === s.world?.scenario ? 'true' : null },
        h('b', null, x.title || x.name), h('span', { class: 'mono' }, x.name))))));
}

async function play(tools, word) {
  const answer = await tools.play(word);
  tools.tell({ kind: 'ui.note', data: { text: answer.ok === false ? answer.error : '' } });
}

async function speed(tools, factor) {
  const answer = await tools.cmd(`speed ${factor}x`);
  tools.tell({ kind: 'ui.note', data: { text: answer.ok ? '' : answer.error } });
}

function toggle(s, tools) {
  tools.tell({ kind: 'ui.menu', data: { open: !s.ui.open } });
  if (s.ui.open) return;
  fetch('/api/scenarios').then((a) => a.json()).then((scenarios) => tools.tell({ kind: 'ui.scenarios', data: { scenarios } }))
    .catch(() => tools.tell({ kind: 'ui.scenarios', data: { scenarios: [] } }));
}

/** factors are those to choose from, and the one that is on. */
export const factors = (w) => [...new Set([1, 10, 60, w?.speed || 1])].sort((a, b) => a - b);

const bare = (name) => String(name || '').replace(/^.*\//, '').replace(/\.txtar$/, '');

function said(p, w, note) {
  if (note) return h('span', { class: 'x', role: 'alert' }, sign('cross'), ' ' + note);
  if (p.state === 'none') return h('span', null, 'No scenario plays');
  if (p.state === 'failed') return h('span', { class: 'x' }, sign('cross'), ' Failed at step ', h('b', null, p.at), ` of ${p.of} · `, h('b', null, p.text));
  if (p.state === 'passed') return h('span', null, sign('check', 'g'), ' Passed, ', h('b', null, p.done), ` of ${p.of}. The world goes on.`);
  return h('span', null, w?.paused && h('span', { class: 'a' }, 'Paused at '), (w?.paused ? 'step ' : 'Step '), h('b', null, p.at), ` of ${p.of} · `, h('b', null, p.text));
}

function paint(root, s, tools) {
  const w = s.world, p = progress(s), button = (word, name, glyph, props) => h('button', { type: 'button', 'aria-label': name, title: name, onclick: () => play(tools, word), ...props }, icon(glyph));
  render(root,
    h('span', { class: 'sep' }),
    h('div', { class: 'picker', onfocusout: (e) => s.ui.open && e.relatedTarget && !e.currentTarget.contains(e.relatedTarget) && tools.tell({ kind: 'ui.menu', data: { open: false } }) },
      h('button', { type: 'button', class: 'pick', 'aria-expanded': String(s.ui.open), 'aria-controls': s.ui.open ? 'scenarios' : null, title: 'Choose a scenario', onclick: () => toggle(s, tools) },
        icon('route'), h('span', { class: 'name' }, h('span', { class: 'sr' }, 'Choose a scenario, now '), h('b', null, bare(w?.scenario) || 'no scenario'), h('small', null, w?.title || '')), icon('down', 14)),
      s.ui.open && menu(s, tools)),
    h('div', { class: 'tp', role: 'group', 'aria-label': 'Transport' },
      button('restart', 'Restart the scenario', 'rew'),
      w?.paused ? button('go', 'Go on', 'play', { class: 'go' }) : button('pause', 'Pause', 'pause', { class: 'go' }),
      button('next', 'Next step', 'step'),
      h('a', { class: 'x', href: '/api/export', download: (bare(w?.scenario) || 'session') + '-recorded.txtar', 'aria-label': 'Save all that was played and done as a scenario', title: 'Save all that was played and done as a scenario' }, icon('rec'))),
    h('div', { class: 'tp', role: 'group', 'aria-label': 'Time factor of the car' }, factors(w).map((f) =>
      h('button', { type: 'button', key: f, 'aria-pressed': String(w?.speed === f), onclick: () => speed(tools, f) }, f + '×'))),
    h('div', { class: 'prog ' + p.state },
      h('div', { class: 'lbl' }, h('span', { class: 'at', 'aria-live': 'polite', title: p.text }, said(p, w, s.ui.note)), w && h('span', { class: 'seed' }, `seed ${w.seed}`)),
      h('div', { class: 'meter', role: 'progressbar', 'aria-label': 'Scenario progress', 'aria-valuemin': 0, 'aria-valuemax': p.of || 1, 'aria-valuenow': p.done }, h('i', { style: { width: (p.of ? 100 * p.done / p.of : 0) + '%' } })),
      (w?.paused || w?.thinned) && h('p', { class: 'hint' }, w.paused ? 'Car and scenario stand. The agent goes on.' : 'thinned: fewer cyclic frames above 10×')),
    h('div', { class: 'clock' }, s.clock ? seconds(s.clock.t) : '––:––:––', h('small', null, h('span', { class: 'long' }, 'simulated UTC · '), 'T+ ' + (s.clock ? span(s.clock.since).padStart(8, '00:') : '–'))),
    h('div', { class: 'health', role: 'group', 'aria-label': 'Lines' }, Object.keys(names).map((name) => link(name, s.links[name]))));
}

export const draw = calm(200, paint);
