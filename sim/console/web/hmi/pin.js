// Enter PIN, and the ways out.

import { h, icon } from '../dom.js';
import { proper, role, texts } from '../texts.js';
import { avatar, button, field, form, note } from './parts.js';
import { mainName, parked, pauseLeft, person } from './state.js';

export function pin(s, t) {
  const p = s.pin, who = person(s, p.name), left = pauseLeft(s, p.name), shut = left > 0 || p.busy || !parked(s);
  const tell = (kind, data = {}) => t.tell({ kind, data });
  const enter = () => p.digits.length >= 4 && !shut && t.act(`login ${p.name} pin=${p.digits}`, 'login');
  const keyed = (e) => {
    if (e.target.tagName === 'INPUT' || e.ctrlKey || e.metaKey || e.altKey) return;
    if (/^\d$/.test(e.key) && !shut) tell('ui.digit', { digit: e.key });
    else if (e.key === 'Backspace') tell('ui.delete');
    else if (e.key === 'Enter' && e.target.tagName !== 'BUTTON') enter();
    else return;
    e.stopPropagation();
  };
  return h('div', { class: 'pg pinw', onkeydown: keyed, tabindex: '-1', made: (e) => e.focus({ preventScroll: true }) },
    h('div', { class: 'pinl' },
      h('div', { class: 'pinh' }, avatar(who?.letter, p.name, 72), h('div', null, h('h2', null, texts.enterPin), h('p', { class: 'sub' }, `${proper(p.name)} · ${role(who?.role).toLowerCase()}`))),
      p.forgot ? forgot(s, t, who) : [
        h('div', { class: 'dots', role: 'status', 'aria-label': texts.digits(p.digits.length) }, Array.from({ length: Math.max(4, p.digits.length) }, (_, i) => h('i', { class: i < p.digits.length ? 'f' : '' }))),
        message(p, left)],
      h('div', { class: 'ways' },
        h('button', { type: 'button', class: 'btn gh', onclick: () => tell('ui.unpick') }, texts.other),
        s.wheel?.guest_mode !== false && button(s, t, { text: texts.asGuest, line: 'guest', tag: 'guest', cls: 'v', off: !parked(s) }),
        h('button', { type: 'button', class: 'btn gh', 'aria-expanded': String(p.forgot), onclick: () => tell('ui.forgot') }, texts.forgot))),
    h('div', { class: 'keys' },
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => h('button', { type: 'button', disabled: shut || p.forgot, onclick: () => tell('ui.digit', { digit: String(n) }) }, n)),
      h('button', { type: 'button', class: 'x', disabled: shut || !p.digits, onclick: () => tell('ui.delete') }, texts.del),
      h('button', { type: 'button', disabled: shut || p.forgot, onclick: () => tell('ui.digit', { digit: '0' }) }, '0'),
      h('button', { type: 'button', class: 'x' + (p.digits.length >= 4 ? ' go' : ''), disabled: shut || p.digits.length < 4, onclick: enter }, texts.enter)));
}

function message(p, left) {
  if (left === Infinity) return note('a', 'lock', texts.pinOff, 'alert');
  if (left > 0) return note('a', 'time', h('span', { role: 'timer' }, texts.paused(left)));
  if (p.busy) return note('n', 'time', texts.checking, 'status');
  return p.error ? note('a', 'lock', p.error, 'alert') : null;
}

/** A forgotten PIN: a secondary user asks the main user, who proves it with the car's code. */
function forgot(s, t, who) {
  if (who?.role !== 'main') return h('div', { class: 'forgot' }, note('n', 'lock', texts.forgotSecondary(mainName(s))));
  const send = () => t.act(`hmi pin ${who.name} none ${s.fields.new} code=${s.fields.code}`, 'new-pin');
  const fits = /^\d{4,12}$/.test(s.fields.new || '') && /^[\w-]+$/.test(s.fields.code || '');
  return h('div', { class: 'forgot' }, h('p', { class: 'sub' }, texts.forgotMain),
    form(() => fits && send(), field(s, t, 'code', texts.code), field(s, t, 'new', texts.newPin, { type: 'password', inputmode: 'numeric', maxlength: '12' }),
      h('button', { type: 'submit', class: 'btn p', disabled: !fits || !!s.busy['new-pin'] }, texts.savePin)),
    s.pin.error && note('a', 'lock', s.pin.error, 'alert'));
}
