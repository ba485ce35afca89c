// The command line: a line of the scenario language, completed from /api/words and
// from the names of the world.

import { complete, finish } from './complete.js';
import { h, icon } from './dom.js';
import { routes } from './drive.js';
import { sign } from './panels.js';

/** commandState is an empty command line. */
export const commandState = () => ({ text: '', at: -1, shut: true, said: [], back: 0, answer: null, words: null });

/** reduceCommand: what was typed, chosen and answered. ui is a panel's own state. */
export function reduceCommand(ui, kind, d) {
  switch (kind) {
    case 'ui.type': return { ...ui, text: d.text, at: -1, shut: Boolean(d.shut), back: 0, answer: d.keep ? ui.answer : null };
    case 'ui.words': return { ...ui, words: d.words };
    case 'ui.move': return { ...ui, at: d.at, shut: false };
    case 'ui.escape': return ui.shut ? ui : { ...ui, shut: true, at: -1 };
    case 'ui.back': {
      const back = Math.max(0, Math.min(ui.back + d.by, ui.said.length));
      return { ...ui, back, shut: true, at: -1, text: back ? ui.said[ui.said.length - back] : '' };
    }
    case 'ui.sent': return d.tag === 'line' ? { ...ui, text: '', at: -1, shut: true, back: 0, said: [...ui.said.filter((x) => x !== d.line), d.line].slice(-100), answer: { waiting: true, line: d.line } } : ui;
    case 'ui.answer': return d.tag === 'line' ? { ...ui, answer: d } : ui;
  }
  return ui;
}

/** names are the words that only the world knows. */
export function names(state) {
  const people = new Set();
  for (const d of state('people').values()) for (const p of d.people || []) people.add(p.name);
  for (const name of state('phone').keys()) people.add(name);
  const driven = [...state('route').values()].map((r) => r.name).filter(Boolean);
  return {
    NAME: [...people], READER: [...people, 'workshop', 'backend'], PATH: [...state('signal').keys()],
    'FILE.gpx': [...new Set([...routes, ...driven])], BUS: [...new Set([...state('frame').values()].map((f) => f.bus))],
  };
}

const shownChoices = 14;

/** choices are those of the list under what is typed now. */
export function choices(ui, known) {
  if (ui.shut || !ui.words) return { words: [], wants: [] };
  const all = complete(ui.words, known, ui.text);
  return { words: all.words.slice(0, shownChoices), wants: all.wants, more: all.words.length - shownChoices };
}

/** meant is a refused line with the word that may have been meant, in place of the one that nobody knows. */
export function meant({ line, error, near }) {
  const wrong = /"([^"]+)"/.exec(error || '')?.[1];
  return wrong && line.includes(wrong) ? line.replace(wrong, near) : near + ' ';
}

let asking = null;
const ask = (tools) => asking ??= fetch('/api/words').then((a) => a.json()).then((words) => tools.tell({ kind: 'ui.words', data: { words } })).catch(() => { asking = null; });

/** commandLine draws it. */
export function commandLine(ui, tools) {
  const { words, wants, more } = choices(ui, names(tools.state));
  const type = (text, how) => tools.tell({ kind: 'ui.type', data: { text, ...how } });
  const say = (line) => line.trim() && tools.act(line.trim(), 'line');
  const take = (word) => type(finish(ui.text, word));
  const key = (e) => { // may come before what was typed was drawn
    const text = e.target.value, words = choices({ ...ui, text, shut: ui.shut && text === ui.text }, names(tools.state)).words;
    const take = (word) => type(finish(text, word));
    const n = words.length, move = (at) => { e.preventDefault(); tools.tell({ kind: 'ui.move', data: { at } }); };
    if (e.key === 'Tab' && n && !e.shiftKey) { e.preventDefault(); take(words[Math.max(ui.at, 0)]); }
    else if (e.key === 'ArrowDown' && n) move((ui.at + 1) % n);
    else if (e.key === 'ArrowUp' && n && ui.at >= 0) move((ui.at - 1 + n) % n);
    else if (e.key === 'ArrowUp' || e.key === 'ArrowDown') { e.preventDefault(); tools.tell({ kind: 'ui.back', data: { by: e.key === 'ArrowUp' ? 1 : -1 } }); }
    else if (e.key === 'Enter') { e.preventDefault(); if (ui.at >= 0 && n && text === ui.text) take(words[ui.at]); else say(text); }
  };
  const a = ui.answer;
  return h('div', { class: 'command' },
    (words.length > 0 || wants.length > 0) && h('div', { class: 'choices', key: 'choices' },
      words.length > 0 && h('ul', { role: 'listbox', id: 'choices', 'aria-label': 'How the line may go on' }, words.map((w, i) =>
        h('li', { key: w, id: 'choice-' + i, role: 'option', 'aria-selected': String(i === ui.at), onmousedown: (e) => { e.preventDefault(); take(w); } }, w))),
      more > 0 && h('p', null, `and ${more} more`),
      !words.length && h('p', null, 'wants ' + wants.join(' or '))),
    a && h('p', { class: 'answer', key: 'answer', role: 'status' },
      a.waiting ? [sign('run', 'n'), ' ' + a.line] : a.ok ? [sign('check', 'g'), ' ' + (a.got || a.line)]
        : [sign('cross', a.refused || a.unknown ? 'a' : 'x'), a.refused && ' refused:', ' ' + (a.error || 'It was refused.'),
          a.near && h('button', { type: 'button', class: 'chip', onclick: () => type(meant(a), { keep: true }) }, a.near)]),
    h('div', { class: 'say', key: 'say' }, icon('chev', 12),
      h('input', {
        type: 'text', 'aria-label': 'A line of the scenario language', placeholder: 'a line, such as login lea', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
        role: 'combobox', 'aria-expanded': String(words.length > 0), 'aria-controls': words.length ? 'choices' : null, 'aria-autocomplete': 'list', 'aria-activedescendant': ui.at >= 0 && words.length ? 'choice-' + ui.at : null,
        value: ui.text, oninput: (e) => type(e.target.value), onkeydown: key, onfocus: () => ask(tools), onblur: () => tools.tell({ kind: 'ui.escape' }),
      }),
      h('button', { type: 'button', class: 'chip', 'aria-label': 'Say the line', title: 'Say the line', disabled: !ui.text.trim(), onclick: () => say(ui.text) }, icon('send', 14))));
}
