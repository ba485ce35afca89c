// Settings of the person at the wheel; the main user's have more: roster.js.

import { h, icon } from '../dom.js';
import { duty, proper, sharing, texts } from '../texts.js';
import { avatar, button, field, form, head, readOnly, row } from './parts.js';
import { roster, invite, functions } from './roster.js';
import { mainName, parked, person } from './state.js';

export function settings(s, t) {
  if (s.wheel?.state === 'guest') return h('div', { class: 'pg mid' }, avatar('G', '', 64), h('p', { class: 'big' }, texts.noAccount));
  const me = person(s, s.wheel?.who);
  if (!me) return h('div', { class: 'pg' }, head(texts.settings), h('p', { class: 'empty' }, texts.noProfile));
  const screen = { pin: newPin, people: roster, invite, erase, off: switchedOff }[s.sub] || (s.sub?.startsWith('functions ') ? functions : null);
  if (screen) return screen(s, t, me);
  return h('div', { class: 'pg' }, head(texts.settings, proper(me.name)), h('ul', { class: 'rows scroll', tabindex: '0', 'aria-label': texts.settings }, me.role === 'main' ? mainRows(s, t, me) : null, rows(s, t, me)), readOnly(s));
}

const go = (t, sub) => () => t.tell({ kind: 'ui.sub', data: { sub } });
const more = (s, t, text, sub) => h('button', { type: 'button', class: 'btn gh', disabled: !parked(s), onclick: go(t, sub) }, text, icon('chev', 16));

function rows(s, t, me) {
  const off = me.restricted || [], shut = !parked(s);
  return [
    row('pin', icon('lock'), texts.pin, texts.pinSub, [me.has_pin ? texts.on : texts.none, more(s, t, me.has_pin ? texts.change : texts.set, 'pin')]),
    row('key', icon('key'), texts.key, texts.keySub(me.fobs), [
      button(s, t, { text: texts.link, line: 'hmi link-fob ' + me.name, tag: 'link', cls: 'gh', off: shut }),
      me.fobs > 0 && button(s, t, { text: texts.unlink, line: 'hmi unlink-fobs ' + me.name, tag: 'unlink', cls: 'gh', off: shut })]),
    me.role !== 'main' && row('off', icon('shield'), texts.offBy(mainName(s)), off.length ? off.map(duty).join(', ') : texts.noneOff, off.length || ''),
    me.role !== 'main' && row('sharing', icon('users'), texts.yourSharing, texts.setByMain, texts.setBy(sharing(me.sharing), mainName(s))),
    row('export', icon('down2'), texts.exportAll, texts.exportSub, button(s, t, { text: texts.export, line: 'hmi export ' + me.name, tag: 'export', cls: 'gh', off: shut })),
    row('logout', icon('user'), texts.logout, texts.logoutSub, button(s, t, { text: texts.logout, line: 'logout', tag: 'logout', cls: 'gh', off: shut })),
  ];
}

function mainRows(s, t) {
  const shut = !parked(s), two = (tag, line) => ['on', 'off'].map((w) => button(s, t, { text: texts[w], line: `hmi ${line} ${w}`, tag: tag + w, cls: 'gh', off: shut }));
  return [
    row('people', icon('users'), texts.people, texts.peopleSub(s.people.filter((p) => p.role !== 'main').length), [
      h('button', { type: 'button', class: 'btn gh', disabled: shut, onclick: go(t, 'invite') }, icon('plus', 16), texts.invite), more(s, t, texts.manage, 'people')]),
    row('guests', icon('user'), texts.guestServices, texts.guestServicesSub, h('div', { class: 'ways', role: 'group', 'aria-label': texts.guestServices }, two('gs', 'guest-services'))),
    row('remote', icon('net'), texts.remoteServices, texts.remoteServicesSub, h('div', { class: 'ways', role: 'group', 'aria-label': texts.remoteServices }, two('rs', 'remote-services'))),
    row('erase', icon('trash'), texts.erase, texts.eraseSub, more(s, t, texts.erase, 'erase')),
  ];
}

const switchedOff = (s, t, me) => h('div', { class: 'pg' }, back(t, texts.offBy(mainName(s))), h('ul', { class: 'rows' }, (me.restricted || []).map((f) => row(f, icon('cross'), duty(f)))));

/** back is the title line of a screen below another. */
export const back = (t, title, sub, to = null) => h('div', { class: 'hd' }, h('button', { type: 'button', class: 'btn gh sq', 'aria-label': texts.back, onclick: go(t, to) }, icon('back')), h('div', null, h('h2', null, title), sub && h('p', { class: 'sub' }, sub)));

function newPin(s, t, me) {
  const fits = /^\d{4,12}$/.test(s.fields.new || '') && (!me.has_pin || /^\d{4,12}$/.test(s.fields.old || ''));
  const digits = { type: 'password', inputmode: 'numeric', maxlength: '12' };
  return h('div', { class: 'pg' }, back(t, texts.pin, proper(me.name)),
    form(() => fits && t.act(`hmi pin ${me.name} ${me.has_pin ? s.fields.old : 'none'} ${s.fields.new}`, 'pin'),
      me.has_pin && field(s, t, 'old', texts.oldPin, digits), field(s, t, 'new', texts.newPin, digits),
      h('button', { type: 'submit', class: 'btn p', disabled: !fits || !!s.busy.pin }, texts.savePin)));
}

function erase(s, t, me) {
  const fits = !me.has_pin || /^\d{4,12}$/.test(s.fields.pin || '');
  return h('div', { class: 'pg' }, back(t, texts.erase, texts.eraseSub), h('p', { class: 'warn' }, icon('warn'), texts.eraseWarn),
    form(() => fits && t.act('hmi erase everything' + (me.has_pin ? ' pin=' + s.fields.pin : ''), 'erase'),
      me.has_pin && field(s, t, 'pin', texts.enterPin, { type: 'password', inputmode: 'numeric', maxlength: '12' }),
      h('button', { type: 'submit', class: 'btn d', disabled: !fits || !!s.busy.erase }, texts.erase)));
}
