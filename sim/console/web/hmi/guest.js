// Guest mode: what is kept, where, and how it ends.

import { h, icon } from '../dom.js';
import { texts } from '../texts.js';
import { hhmm } from '../time.js';
import { avatar, button, levelSwitch } from './parts.js';
import { kept, parked } from './state.js';

export function guest(s, t) {
  const counts = kept(s.settings), since = hhmm(s.wheel?.since);
  return h('div', { class: 'pg gm' },
    h('div', { class: 'gml' },
      h('div', { class: 'pinh' }, avatar('G', '', 64), h('div', null, h('h2', null, texts.guestMode), h('p', { class: 'sub' }, since ? texts.activeSince(since) : texts.noAccount))),
      s.sub === 'deleted' ?
        h('ul', { class: 'gl' }, texts.deleted.map((line) => h('li', null, icon('trash', null, 'n'), line))) :
        h('ul', { class: 'gl' }, texts.guestFacts.map(([symbol, tone, line]) => h('li', null, icon(symbol, null, tone), line))),
      h('div', { class: 'ways' },
        button(s, t, { text: texts.endGuest, line: 'logout', tag: 'logout', cls: 'v', off: !parked(s) }),
        h('button', { type: 'button', class: 'btn gh', 'aria-pressed': String(s.sub === 'deleted'), onclick: () => t.tell({ kind: 'ui.sub', data: { sub: s.sub === 'deleted' ? null : 'deleted' } }) }, texts.whatDeleted),
        !parked(s) && h('span', { class: 'sub' }, texts.readOnly))),
    h('div', { class: 'tile gmr' }, h('h3', null, icon('db', 16), texts.memoryOnly, h('span', { class: 'r n' }, texts.whenLeave)),
      h('ul', { class: 'see' }, Object.entries(texts.counts).map(([key, text]) => h('li', null, text, h('span', { class: 'st n' }, counts[key])))),
      levelSwitch(s, t, true),
      s.privacy?.effective === 'offline' && h('p', { class: 'why v', role: 'status' }, icon('net', 15), texts.offlineNote),
      h('p', { class: 'end' }, texts.erasedWhen)));
}
