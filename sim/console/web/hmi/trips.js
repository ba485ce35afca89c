// Trips: mine, and those that are nobody's yet.

import { h, icon } from '../dom.js';
import { proper, texts } from '../texts.js';
import { day, distance, hhmm } from '../time.js';
import { avatar, button, head, readOnly, row } from './parts.js';
import { ends, parked } from './state.js';

export function trips(s, t) {
  if (s.wheel?.state === 'guest') return h('div', { class: 'pg mid' }, avatar('G', '', 64), h('p', { class: 'big' }, texts.noTripsGuest));
  const all = (s.trips || []).toReversed(), mine = s.tab === 'mine', show = all.filter((x) => mine === isMine(s, x));
  const tab = (name, text) => h('button', { type: 'button', 'aria-pressed': String(s.tab === name), onclick: () => t.tell({ kind: 'ui.tab', data: { tab: name } }) }, text);
  return h('div', { class: 'pg' },
    head(texts.trips, texts.yours(proper(s.wheel?.who)), h('div', { class: 'seg', role: 'group', 'aria-label': texts.trips }, tab('mine', texts.mine), tab('open', texts.notAssigned))),
    show.length ? h('ul', { class: 'rows' }, show.map((x) => trip(s, t, x))) : h('p', { class: 'empty' }, texts.noTrips),
    readOnly(s));
}

/** isMine: a private trip is seen by nobody but who drove it. */
const isMine = (s, x) => !!x.mine || !!x.private || (x.assigned || []).includes(s.wheel?.who);

function trip(s, t, x) {
  const open = ends(x) === texts.private, when = [day(x.start?.at || x.day, s.now), hhmm(x.start?.at)].filter(Boolean).join(' ');
  const km = distance(x);
  if (isMine(s, x)) return row(x.id, icon(open ? 'lock' : 'route', null, open ? 'a' : ''), ends(x), [when, x.minutes != null && `${Math.round(x.minutes)} min`, x.private && 'in the car only'].filter(Boolean).join(' · '), km);
  return row(x.id, icon('lock', null, 'a'), ends(x), [when, km, (x.assigned || []).length ? texts.assignedTo(x.assigned.map(proper).join(', ')) : texts.notAssignedYet].filter(Boolean).join(' · '),
    button(s, t, { text: texts.thisWasMe, line: `assign ${x.id} ${s.wheel?.who}`, tag: 'assign ' + x.id, off: !parked(s) }));
}
