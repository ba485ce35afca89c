// A phone's people, and what comes before and after being a user of the car.

import { h, icon } from './dom.js';
import { status } from './phone.js';
import { duties, duty, proper, role, sharing, texts } from './texts.js';

const input = (x, name, label, more) => h('label', { class: 'field' }, h('span', null, label), h('input', { type: 'text', autocomplete: 'off', value: x.u.fields[name] || '', oninput: (e) => x.tell('ui.field', { name, value: e.target.value }), ...more }));
const button = (x, what, text, words, cls, off) => h('button', { type: 'button', class: 'btn ' + (cls || ''), disabled: !!off || !!x.u.busy[what], onclick: () => x.act(what, ...words) }, text);
const form = (send, ...kids) => h('form', { class: 'sheet', onsubmit: (e) => { e.preventDefault(); send(); } }, ...kids);

/** people are the main user's list; a tap opens what can be done. */
export function people(x) {
  const { p, u } = x, all = (p.people || []).filter((q) => q.role !== 'main');
  return h('div', { class: 'pl', key: 'people' }, h('h3', null, texts.people, h('span', null, texts.count(all.length)),
    u.sheet !== 'invite' && h('button', { type: 'button', class: 'btn', disabled: all.length >= 5, onclick: () => x.tell('ui.sheet', { sheet: 'invite' }) }, icon('plus', 14), texts.invite)),
    u.sheet === 'invite' && invite(x),
    all.length ? h('ul', null, all.map((q) => h('li', { key: q.name },
      h('button', { type: 'button', class: 'it', 'aria-expanded': String(u.sheet === 'person ' + q.name), onclick: () => x.tell('ui.sheet', { sheet: u.sheet === 'person ' + q.name ? null : 'person ' + q.name }) },
        h('span', { class: 'role r' + q.letter, 'aria-hidden': 'true' }, q.letter), h('div', null, proper(q.name), h('small', null, texts.invited[q.state] || texts.gets[q.sharing])),
        h('span', { class: 'mini e ' + q.letter }, sharing(q.sharing))),
      u.sheet === 'person ' + q.name && person(x, q)))) : null);
}

function person(x, q) {
  if (x.u.sure === q.name) return h('div', { class: 'sheet' }, h('p', { class: 'warn' }, texts.removeSure(proper(q.name))), button(x, 'remove', texts.remove, ['remove', q.name], 'd'), cancel(x));
  if (texts.invited[q.state]) return h('div', { class: 'sheet' }, q.state !== 'invited' && button(x, 'activate', texts.activate, ['activate', q.name], 'p'), button(x, 'cancel', texts.cancelInvitation, ['cancel', q.name], 'd'));
  const off = q.restricted || [];
  return h('div', { class: 'sheet' },
    button(x, 'share', q.sharing === 'shared' ? texts.limit : texts.share, ['share', q.name, q.sharing === 'shared' ? 'limited' : 'shared']),
    h('button', { type: 'button', class: 'btn d', onclick: () => x.tell('ui.sure', { sure: q.name }) }, texts.remove),
    h('p', { class: 'hint' }, texts.removing),
    h('details', null, h('summary', null, texts.functions), h('ul', null, duties.map((f) => {
      const on = !off.includes(f);
      return h('li', { key: f }, duty(f), h('button', { type: 'button', class: 'sw s', role: 'switch', 'aria-checked': String(on), 'aria-label': duty(f), disabled: !!x.u.busy.restrict, onclick: () => x.act('restrict', 'restrict', q.name, ...(on ? [...off, f] : off.filter((o) => o !== f))) }));
    }))));
}

const cancel = (x) => h('button', { type: 'button', class: 'btn gh', onclick: () => x.tell('ui.sheet', { sheet: null }) }, texts.cancel);

function invite(x) {
  const name = (x.u.fields.name || '').trim().toLowerCase(), fits = /^[a-z][a-z0-9-]*$/.test(name);
  return form(() => fits && x.act('invite', 'invite', name, 'limited'), input(x, 'name', texts.name, { maxlength: '40' }),
    button(x, 'invite', sharing('shared'), ['invite', name, 'shared'], '', !fits), button(x, 'invite', sharing('limited'), ['invite', name, 'limited'], '', !fits), cancel(x));
}

/** more is the rest: of the main user the car's, of everybody letters, of who is none yet how to become one. */
export function more(x) {
  const { p } = x;
  if (!p.member) return [h('p', { class: 'hint', key: 'hint' }, texts.invited[p.state] ? texts.invitedTo : texts.notMember), accept(x), status(x), letters(p)];
  return [p.role === 'main' ? [people(x), owner(x)] : own(x), status(x), letters(p)];
}

/** own is what a secondary user has of this car, and from whom. */
const own = ({ p, main }) => h('div', { class: 'pl', key: 'own' }, h('h3', null, texts.yourAccess),
  h('div', { class: 'it' }, h('span', { class: 'role rM', 'aria-hidden': 'true' }, 'M'), h('div', null, main || role('main'), h('small', null, role('main')))),
  h('div', { class: 'it' }, h('span', { class: 'role r' + p.letter, 'aria-hidden': 'true' }, p.letter), h('div', null, texts.you(proper(p.name)), h('small', null, texts.gets[p.sharing])), h('span', { class: 'mini e ' + p.letter }, sharing(p.sharing))));

function owner(x) {
  return h('div', { class: 'pl', key: 'owner' }, h('h3', null, texts.remoteServices),
    h('div', { class: 'sheet', role: 'group', 'aria-label': texts.remoteServices }, button(x, 'remote', texts.on, ['remote-services', 'on']), button(x, 'remote', texts.off, ['remote-services', 'off']), button(x, 'new-phone', texts.newPhone, ['new-phone'], 'gh')),
    h('details', null, h('summary', null, texts.transfer), transfer(x)));
}

function transfer(x) {
  const name = (x.u.fields.to || '').trim().toLowerCase(), fits = /^[a-z][a-z0-9-]*$/.test(name);
  return form(() => fits && x.act('transfer', 'transfer', name), h('p', { class: 'warn' }, texts.transferWarn), input(x, 'to', texts.name, { maxlength: '40' }), h('button', { type: 'submit', class: 'btn d', disabled: !fits || !!x.u.busy.transfer }, texts.transfer));
}

function accept(x) {
  const f = x.u.fields, fits = /^\d{4,12}$/.test(f.pin || '');
  const send = () => x.act('accept', ...['accept', (f.code || '').trim(), 'pin=' + f.pin, f.password ? 'password=' + f.password : ''].filter(Boolean));
  return h('div', { class: 'pl', key: 'accept' },
    form(() => fits && send(), button(x, 'code', texts.askCode, ['code']), input(x, 'code', texts.codeSms, { maxlength: '12' }), input(x, 'pin', texts.newPin, { type: 'password', inputmode: 'numeric', maxlength: '12' }), input(x, 'password', texts.accountPassword, { type: 'password' }),
      h('button', { type: 'submit', class: 'btn p', disabled: !fits || !!x.u.busy.accept }, texts.accept)),
    h('details', null, h('summary', null, texts.addCar), form(() => f.car && x.act('add-car', 'add-car', f.car), input(x, 'car', texts.code, { maxlength: '20' }), h('button', { type: 'submit', class: 'btn', disabled: !f.car || !!x.u.busy['add-car'] }, texts.add))));
}

const letters = (p) => [['mail', texts.mail, p.mail], ['sms', texts.sms, p.sms]].map(([key, title, all]) => (all || []).length > 0 && h('div', { class: 'pl', key }, h('h3', null, title, h('span', null, all.length)),
  h('ul', null, all.toReversed().map((m, i) => h('li', { class: 'letter', key: all.length - i }, m.text ?? m)))));
