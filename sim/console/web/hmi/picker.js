// Who is driving?

import { h, icon } from '../dom.js';
import { proper, role, texts } from '../texts.js';
import { avatar, button, head, note } from './parts.js';
import { erased, mainName, parked, person } from './state.js';

export function picker(s, t) {
  if (s.wheel?.state === 'leaving') return h('div', { class: 'pg mid' }, avatar('', '', 64), h('p', { class: 'big', role: 'status' }, texts.leaving));
  if (s.wheel?.state === 'guest') return hidden(s, t);
  const still = !parked(s), here = suggested(s), people = s.people.filter((p) => p.state === 'active' || p.state === 'awaiting-activation');
  const main = person(s, s.wheel?.who)?.role === 'main';
  return h('div', { class: 'pg' },
    head(texts.whoIsDriving, texts.follows, wiped(s)),
    !people.length && h('p', { class: 'sub' }, texts.noPeople),
    h('div', { class: 'cards' },
      people.map((p) => h('button', {
        type: 'button', key: p.name, class: 'pf' + (here === p.name ? ' sel' : ''), disabled: still, onclick: () => pick(s, t, p),
        'aria-current': s.wheel?.who === p.name ? 'true' : null,
      }, p.has_pin && h('span', { class: 'lk' }, icon('lock'), h('span', { class: 'sr' }, texts.pin)),
      avatar(p.letter, p.name, 84), h('b', null, proper(p.name)), h('span', null, role(p.role)),
      here === p.name && h('span', { class: 'key' }, icon('key', 14), texts.keyHere))),
      h('button', { type: 'button', key: ' guest', class: 'pf gs', disabled: still || s.wheel?.guest_mode === false, onclick: () => choose(t, 'guest', 'guest') },
        avatar('G', '', 84), h('b', null, role('guest')), h('span', null, texts.guestCard)),
      h('button', { type: 'button', key: ' add', class: 'pf add', disabled: still || !main, onclick: () => { t.tell({ kind: 'ui.go', data: { screen: 'settings' } }); t.tell({ kind: 'ui.sub', data: { sub: 'invite' } }); } },
        h('span', { class: 'av plus' }, icon('plus', 32)), h('b', null, texts.addPerson), h('span', null, texts.invites(mainName(s))))),
    h('div', { class: 'foot' }, foot(s)));
}

/** Whose key is here: the agent asks for their PIN, or knows the fob. */
const suggested = (s) => s.wheel?.suggested || (s.wheel?.state === 'active' && s.wheel.reason === 'fob' ? s.wheel.who : '');

function pick(s, t, p) {
  if (p.has_pin) t.tell({ kind: 'ui.pick', data: { name: p.name } });
  else choose(t, `login ${p.name} pin=none`, 'login');
}

let asking = false, next = null;

/**
 * choose says a line once the choice before it has its answer, for requests overtake one
 * another on their way; of those that wait only the newest is said.
 */
async function choose(t, line, tag) {
  next = [line, tag];
  if (asking) return;
  for (asking = true; next;) {
    const [now, about] = next;
    next = null;
    await t.act(now, about);
  }
  asking = false;
}

function foot(s) {
  if (s.wheel?.pending) return [icon('time'), texts.pending(s.wheel.pending === 'guest' ? role('guest') : proper(s.wheel.pending))];
  if (s.wheel?.guest_mode === false) return [icon('user'), texts.noGuest];
  if (s.wheel?.reason === 'unknown-fob') return [icon('key'), texts.unknownKey];
  return [icon('time'), texts.parkedOnly];
}

/** What became of the guest's data; shown at the picker until somebody is at the wheel. */
function wiped(s) {
  if (s.wheel?.wipe === 'pending') return note('a', 'trash', texts.erasing, 'status');
  if (s.wheel?.wipe === 'failed') return note('a', 'warn', texts.eraseFailed, 'status');
  const r = s.receipt, e = erased(r);
  if (s.wheel?.state !== 'idle' || !r || r.who && r.who !== 'guest' || !r.who && !e.stores) return null;
  return note('g', 'check', [h('b', null, texts.erased), h('small', null, e.stores > 0 ? texts.erasedCounts(e.values, e.stores) : r.reason === 'boot' ? texts.erasedByPower : '')], 'status');
}

/** A guest sees nobody's profile. */
const hidden = (s, t) => h('div', { class: 'pg mid' }, avatar('G', '', 64), h('p', { class: 'big' }, texts.hidden),
  button(s, t, { text: texts.endGuest, line: 'logout', tag: 'logout', cls: 'v', off: !parked(s) }), !parked(s) && h('p', { class: 'sub' }, texts.readOnly));
