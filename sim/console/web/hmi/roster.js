// What the main user decides about people, at the wheel.

import { h, icon } from '../dom.js';
import { duties, duty, proper, role, sharing, texts } from '../texts.js';
import { avatar, button, field, form, note, row } from './parts.js';
import { back } from './settings.js';
import { parked } from './state.js';

export function roster(s, t) {
  const people = s.people.filter((p) => p.role !== 'main'), gone = s.gone;
  return h('div', { class: 'pg' }, back(t, texts.people, texts.peopleSub(people.length)),
    gone && note('g', 'check', [h('b', null, texts.receiptOf(proper(gone.who))), h('small', null, gone.words)], 'status'),
    people.length ? h('ul', { class: 'rows scroll', tabindex: '0', 'aria-label': texts.people }, people.map((p) => s.sure === p.name ? sure(s, t, p) : line(s, t, p))) : h('p', { class: 'empty' }, texts.noPeople));
}

function line(s, t, p) {
  const shut = !parked(s), waits = texts.invited[p.state], tag = (w) => w + ' ' + p.name, other = p.sharing === 'shared' ? 'limited' : 'shared';
  return row(p.name, avatar(p.letter, p.name, 32), proper(p.name), [role(p.role), sharing(p.sharing).toLowerCase(), waits].filter(Boolean).join(' · '), [
    waits && p.state !== 'invited' && button(s, t, { text: texts.activate, line: 'hmi activate ' + p.name, tag: tag('activate'), cls: 'gh', off: shut }),
    waits ? button(s, t, { text: texts.cancelInvitation, line: 'hmi cancel ' + p.name, tag: tag('cancel'), cls: 'gh', off: shut }) : [
      button(s, t, { text: p.sharing === 'shared' ? texts.limit : texts.share, line: `hmi share ${p.name} ${other}`, tag: tag('share'), cls: 'gh', off: shut }),
      h('button', { type: 'button', class: 'btn gh', disabled: shut, onclick: () => t.tell({ kind: 'ui.sub', data: { sub: 'functions ' + p.name } }) }, texts.functions),
      p.has_pin && button(s, t, { text: texts.resetPin, line: 'hmi reset-pin ' + p.name, tag: tag('reset'), cls: 'gh', off: shut }),
      h('button', { type: 'button', class: 'btn d', disabled: shut, onclick: () => t.tell({ kind: 'ui.sure', data: { sure: p.name } }) }, texts.remove)]]);
}

const sure = (s, t, p) => row(p.name, avatar(p.letter, p.name, 32), texts.removeSure(proper(p.name)), null, [
  button(s, t, { text: texts.remove, line: 'hmi remove ' + p.name, tag: 'remove ' + p.name, cls: 'd', off: !parked(s) }),
  h('button', { type: 'button', class: 'btn gh', onclick: () => t.tell({ kind: 'ui.sure', data: { sure: null } }) }, texts.cancel)]);

export function invite(s, t) {
  const name = (s.fields.name || '').trim().toLowerCase(), fits = /^[a-z][a-z0-9-]*$/.test(name);
  const send = (how) => fits && t.act(`hmi invite ${name} ${how}`, 'invite');
  return h('div', { class: 'pg' }, back(t, texts.addPerson),
    form(() => send('limited'), field(s, t, 'name', texts.name, { maxlength: '40' }),
      h('button', { type: 'button', class: 'btn p', disabled: !fits || !!s.busy.invite, onclick: () => send('shared') }, `${texts.invite}: ${sharing('shared')}`),
      h('button', { type: 'submit', class: 'btn gh', disabled: !fits || !!s.busy.invite }, `${texts.invite}: ${sharing('limited')}`)),
    h('p', { class: 'sub' }, `${sharing('shared')}: ${texts.gets.shared}. ${sharing('limited')}: ${texts.gets.limited}.`));
}

/** functions of one person, each on or off; one command says them all. */
export function functions(s, t) {
  const name = s.sub.slice('functions '.length), p = s.people.find((x) => x.name === name), off = p?.restricted || [];
  return h('div', { class: 'pg' }, back(t, texts.functions, proper(name), 'people'),
    h('ul', { class: 'rows two scroll', tabindex: '0', 'aria-label': texts.functions }, duties.map((f) => {
      const on = !off.includes(f), next = on ? [...off, f] : off.filter((x) => x !== f);
      return row(f, null, duty(f), null, h('button', { type: 'button', class: 'sw', role: 'switch', 'aria-checked': String(on), 'aria-label': duty(f), disabled: !parked(s) || !!s.busy.restrict, onclick: () => t.act(['hmi restrict', name, ...next].join(' '), 'restrict') }));
    })));
}
