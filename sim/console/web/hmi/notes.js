// Messages: the chat with the workshop, bookings, notices and lights.

import { h, icon } from '../dom.js';
import { proper, role, texts } from '../texts.js';
import { day, hhmm } from '../time.js';
import { avatar, button, field, form, head, letterOf, readOnly, row } from './parts.js';
import { parked, unread } from './state.js';

export function notes(s, t) {
  if (s.wheel?.state === 'guest') return h('div', { class: 'pg mid' }, avatar('G', '', 64), h('p', { class: 'big' }, texts.hidden));
  const all = s.notes.messages.toReversed(), n = unread(s), text = (s.fields.text || '').trim();
  return h('div', { class: 'pg' },
    head(texts.messages, n ? texts.unread(n) : null, button(s, t, { text: texts.markRead, line: 'hmi read', tag: 'read', cls: 'gh', off: !n || !parked(s) })),
    all.length ? h('ul', { class: 'rows scroll', tabindex: '0', 'aria-label': texts.messages }, all.map((m) => message(s, m))) : h('p', { class: 'empty' }, texts.noMessages),
    parked(s) ? form(() => text && t.act('hmi chat ' + text, 'write'), field(s, t, 'text', texts.write, { maxlength: '2000' }),
      h('button', { type: 'submit', class: 'btn p', disabled: !text || !!s.busy.write }, texts.send),
      button(s, t, { text: texts.book, line: 'hmi book ' + text, tag: 'book', cls: 'gh', off: !text })) : readOnly(s));
}

function message(s, m) {
  const mark = m.role === 'car' || m.role === 'backend' ? icon(m.role === 'car' ? 'warn' : 'mail', null, 'a') : m.role === 'workshop' ? h('span', { class: 'av rW' }, icon('wrench', 15)) : avatar(letterOf(s, m.from), m.from, 28);
  return row(m.id, mark, m.text, [m.role === 'workshop' || m.role === 'car' || m.role === 'backend' ? role(m.role) : proper(m.from), day(m.t, s.now), hhmm(m.t)].filter(Boolean).join(' · '),
    !m.read && h('span', { class: 'mini g' }, 'new'), 'msgrow');
}
