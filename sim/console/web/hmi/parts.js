// What several screens of the head unit have in common.

import { h, icon } from '../dom.js';
import { initials, proper, texts } from '../texts.js';
import { levels, parked, person } from './state.js';

/** avatar is the round sign of a person; of nobody and of a guest it is a drawing. */
export function avatar(letter, name, size) {
  const style = size ? { width: size + 'px', height: size + 'px', 'font-size': Math.round(size * .37) + 'px' } : null;
  if (!name) return h('span', { class: 'av ' + (letter === 'G' ? 'guest' : 'none'), style, 'aria-hidden': 'true' }, icon('user', size ? size * .5 : 16));
  return h('span', { class: 'av r' + (letter || 'S'), style, 'aria-hidden': 'true' }, initials(name));
}

/** badge is a reader's letter on its colour. */
export const badge = (letter) => h('span', { class: 'role r' + letter, 'aria-hidden': 'true' }, letter);

export const letterOf = (s, name) => person(s, name)?.letter || 'S';

/** you marks the person at the wheel. */
export const you = (s, name) => name && name === s.wheel?.who ? texts.you(proper(name)) : proper(name);

/** button says a line when it is pressed; it is shut while its answer is awaited. */
export function button(s, t, { text, line, tag, cls, off, symbol, label, press, type }) {
  const busy = !!s.busy[tag];
  return h('button', { type: type || 'button', class: 'btn ' + (cls || ''), disabled: !!off || busy, 'aria-busy': busy ? 'true' : null, 'aria-label': label, onclick: press || (line ? () => t.act(line, tag) : null) },
    symbol && icon(symbol), text);
}

/** levelSwitch is the choice of what leaves the car; short leaves out what cannot be chosen. */
export function levelSwitch(s, t, short) {
  const all = levels(s), show = short ? all.filter((l) => !l.why) : all, at = show.findIndex((l) => l.on && !l.why);
  const choose = (l) => t.act('level ' + l.name, 'level');
  const turn = (e, i) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (!by) return;
    e.preventDefault();
    const open = show.filter((l) => !l.why), next = open[(open.indexOf(show[i]) + by + open.length) % open.length];
    e.currentTarget.parentNode.children[show.indexOf(next)].focus();
    choose(next);
  };
  return h('div', { class: 'lvl', role: 'radiogroup', 'aria-label': texts.levels, style: { 'grid-template-columns': `repeat(${show.length},1fr)` } },
    show.map((l, i) => h('button', {
      type: 'button', key: l.name, role: 'radio', 'aria-checked': String(l.on), disabled: !!l.why, title: l.why || null, tabindex: l.on || at < 0 && i === 0 ? '0' : '-1',
      'aria-describedby': l.why ? 'why-' + l.name : null, onclick: () => choose(l), onkeydown: (e) => turn(e, i),
    }, l.text)));
}

/** levelReasons are the words for what cannot be chosen. */
export const levelReasons = (s) => levels(s).filter((l) => l.why).map((l) => h('p', { class: 'why', id: 'why-' + l.name }, icon('lock', 15), l.text === 'Share' && s.wheel?.state === 'guest' ? texts.guestShare : l.why));

/** note is a remark on a solid ground: tone a (amber), v (violet), x (red), g (green), n. */
export const note = (tone, symbol, text, role) => h('div', { class: 'note ' + tone, role: role || null }, icon(symbol), h('div', null, text));

/** head is a screen's title line. */
export const head = (title, sub, right) => h('div', { class: 'hd' }, h('div', null, h('h2', null, title), sub && h('p', { class: 'sub' }, sub)), right);

/** row is one line of a list. */
export const row = (key, left, title, sub, right, cls) => h('li', { class: 'row ' + (cls || ''), key }, left, h('div', { class: 'rw' }, title, sub && h('small', null, sub)), h('div', { class: 'rt' }, right));

/** readOnly says why buttons are shut while the car moves. */
export const readOnly = (s) => !parked(s) && h('div', { class: 'foot' }, icon('time'), texts.readOnly);

/** field is a labelled input whose value lies in the state. */
export const field = (s, t, name, label, more) => h('label', { class: 'field' }, h('span', null, label),
  h('input', { type: 'text', autocomplete: 'off', value: s.fields[name] || '', oninput: (e) => t.tell({ kind: 'ui.field', data: { name, value: e.target.value } }), ...more }));

/** form sends when Enter is pressed. */
export const form = (send, ...kids) => h('form', { class: 'form', onsubmit: (e) => { e.preventDefault(); send(); } }, ...kids);
