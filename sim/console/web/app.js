// The page: one stream of events, panels that are functions of them, and one
// door back, a line of the scenario language. A panel is a module that exports
//
//	title                       its name
//	reduce(state, event)        pure: the next state; the first state is undefined
//	draw(root, state, tools)    makes root show it
//	kinds                       optional: the only kinds of events it wants
//
// An event is {id, kind, data}. What a person does on a panel and nobody else
// needs to know (which screen is open, what was typed) is an event too, with a
// kind that begins with "ui.": tools.tell. So a panel is tested without a browser.

import { Lines, Sieve, Store } from './stream.js';
import { applyTheme, nextTheme } from './theme.js';
import { known, texts } from './texts.js';

/** Panel modules, by the name of their section. One that is missing harms no other. */
const modules = {
  bar: './bar.js', hmi: './hmi/hmi.js', phone: './phone.js', workshop: './workshop.js', scenario: './scenario.js', drive: './drive.js',
  truth: './truth.js', ledger: './ledger.js', signals: './signals.js', wires: './wires.js',
};

/** view is what this page shows: console, hmi, workshop, phone/NAME. */
export const view = location.pathname.startsWith('/view/') ? decodeURIComponent(location.pathname.slice(6)) : 'console';

const store = new Store();
const sieve = new Sieve();
const listeners = new Map();
const panels = new Map();
const shown = view === 'console' ? Object.keys(modules) : [view.split('/')[0]].filter((n) => n in modules);
const page = document.documentElement;
let ready = false, asked = 0, token = null;

/** subscribe calls fn with each event of that kind, from now on. @returns {() => void} ends it */
export function subscribe(kind, fn) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(fn);
  return () => listeners.get(kind).delete(fn);
}

/** state is what is kept of a kind: key → data. */
export const state = (kind) => store.of(kind);

/**
 * cmd says one line of the scenario language.
 * @returns {Promise<{ok: boolean, got?: string, line?: string, error?: string, near?: string, unknown?: boolean}>}
 *   unknown: no answer came, so it may have happened. It never rejects.
 */
export const cmd = (line) => post('/api/cmd', line);

/** play says one word to the player: pause, go, next, restart, record. */
export const play = (word) => post('/api/play', word);

async function post(to, body) {
  try {
    token ??= (await (await fetch('/api/token')).text()).trim();
  } catch {
    return { ok: false, line: body, error: texts.noServer };
  }
  try {
    const answer = await fetch(to, { method: 'POST', headers: { 'X-Glovebox': token, 'Content-Type': 'text/plain' }, body });
    const text = await answer.text();
    if (answer.status === 403) token = null;
    try {
      return JSON.parse(text);
    } catch {
      return { ok: answer.ok, line: body, error: answer.ok ? undefined : text.trim() || answer.statusText };
    }
  } catch {
    return { ok: false, unknown: true, line: body, error: texts.mayHaveHappened };
  }
}

/** say has a screen reader say a text when it is free. */
export function say(text) {
  const region = document.getElementById('say');
  if (region.textContent !== text) region.textContent = text;
}

// --- panels ---

function tools(name) {
  const tell = (e) => {
    const p = panels.get(name);
    step(p, { id: 0, data: {}, ...e });
    if (p && !drawing) draw(p); // at once: the next key finds what this one made
  };
  return {
    view, cmd, play, state, subscribe, say, tell,
    /** act says a line and tells the panel: ui.sent, then ui.answer, both with n, line and tag. */
    async act(line, tag) {
      const n = ++asked;
      tell({ kind: 'ui.sent', data: { n, line, tag } });
      const answer = await cmd(line);
      tell({ kind: 'ui.answer', data: { ...answer, n, line, tag } });
      return answer;
    },
  };
}

async function load(name) {
  const root = document.querySelector(`[data-panel="${name}"]`);
  if (!root) return;
  try {
    const module = await import(modules[name]);
    const p = { name, root, module, tools: tools(name), state: undefined, dirty: true };
    panels.set(name, p);
    step(p, { id: 0, kind: 'reset', data: {} });
  } catch (err) {
    console.error(name, err);
    fail(root, name);
  }
}

function fail(root, name) {
  const p = document.createElement('p');
  p.className = 'empty';
  p.textContent = texts.panelFailed(name);
  root.replaceChildren(p);
}

function step(p, event) {
  if (!p || (p.module.kinds && !event.kind.startsWith('ui.') && event.kind !== 'reset' && event.kind !== 'ready' && !p.module.kinds.includes(event.kind))) return;
  try {
    const next = p.module.reduce(p.state, event);
    if (next !== p.state || event.kind === 'reset') {
      p.state = next;
      p.dirty = true;
      wake();
    }
  } catch (err) {
    console.error(p.name, event.kind, err);
  }
}

let frame = 0, drawing = false;

function draw(p) {
  if (!p.dirty) return;
  p.dirty = false;
  drawing = true;
  try {
    p.module.draw(p.root, p.state, p.tools);
  } catch (err) {
    console.error(p.name, 'draw', err);
  }
  drawing = false;
}

const wake = () => { frame ||= requestAnimationFrame(drawAll); };

function drawAll() {
  frame = 0;
  for (const p of panels.values()) draw(p);
  if (ready) page.dataset.ready = '1';
}

function take(e) {
  if (!sieve.take(e)) return;
  e.at = performance.now();
  store.take(e);
  if (e.kind === 'ready') {
    ready = true;
    wake();
  }
  for (const p of panels.values()) step(p, e);
  for (const fn of listeners.get(e.kind) || []) fn(e);
}

// --- the stream ---

let cut = null;

/** listen reads the stream until it ends. It resumes where it was. */
async function listen() {
  if (cut || document.hidden) return;
  const control = cut = new AbortController();
  let wait = 500;
  while (!control.signal.aborted) {
    try {
      const answer = await fetch('/api/events?view=' + encodeURIComponent(view), {
        headers: { Accept: 'text/event-stream', ...(sieve.last ? { 'Last-Event-ID': String(sieve.last) } : {}) },
        cache: 'no-store', signal: control.signal,
      });
      if (!answer.ok) {
        notice((await answer.text()).trim() || answer.statusText, true);
        cut = null;
        return;
      }
      notice('');
      wait = 500;
      const lines = new Lines(), decoder = new TextDecoder(), reader = answer.body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        for (const e of lines.take(decoder.decode(part.value, { stream: true }))) take(e);
      }
    } catch (err) {
      if (control.signal.aborted) return;
    }
    notice(texts.reconnecting);
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(wait * 2, 4000);
  }
}

function hang() {
  cut?.abort();
  cut = null;
}

function notice(text, again) {
  const bar = document.getElementById('notice');
  bar.hidden = !text;
  bar.firstElementChild.textContent = text;
  bar.lastElementChild.hidden = !again;
}

// --- the page around the panels ---

function tab(name) {
  page.dataset.tab = name;
  for (const b of document.querySelectorAll('#tabs button')) b.setAttribute('aria-pressed', String(b.dataset.tab === name));
}

async function start() {
  page.dataset.view = view.split('/')[0];
  document.title = known(view) + ' · Glovebox';
  applyTheme();
  tab('hmi');
  if (view !== 'console') document.getElementById('viewname').textContent = known(view);
  document.getElementById('theme').onclick = nextTheme;
  document.getElementById('again').onclick = listen;
  for (const b of document.querySelectorAll('#tabs button')) b.onclick = () => tab(b.dataset.tab);
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape') for (const p of panels.values()) step(p, { id: 0, kind: 'ui.escape', data: {} });
  });
  document.addEventListener('visibilitychange', () => document.hidden ? hang() : listen());
  if (view !== 'console') for (const s of document.querySelectorAll('[data-panel]')) s.hidden = !shown.includes(s.dataset.panel);
  await Promise.all(shown.map(load));
  listen();
}

start();
