// Phones: what lies in a reader's mailbox, and nothing else. A place that is not
// there is "No position right now", whatever the cause.

import { h, icon, render } from './dom.js';
import { box, car, map, town, way } from './map.js';
import { alarm, proper, role, sentence, sharing, texts } from './texts.js';
import { day, distance, hhmm } from './time.js';
import { more, people } from './phone-more.js';

export const title = 'Phones';
export const kinds = ['clock', 'phone'];

const blank = { now: '', time: '', phones: {}, trail: {}, ui: {} };
const idle = { tab: 'car', sheet: null, sure: null, fields: {}, busy: {}, result: null };
/** How many places of a phone are drawn behind the car. */
const trailMost = 240;

export function reduce(s = blank, e) {
  const d = e.data;
  switch (e.kind) {
    case 'reset': return blank;
    case 'clock': return hhmm(d.t) === s.time ? s : { ...s, now: d.t, time: hhmm(d.t) };
    case 'phone': return arrived(s, d);
    case 'ui.tab': return on(s, d.phone, { tab: d.tab, sheet: null, sure: null, fields: {} });
    case 'ui.sheet': return on(s, d.phone, { sheet: d.sheet, sure: null, fields: {} });
    case 'ui.sure': return on(s, d.phone, { sure: d.sure });
    case 'ui.field': return on(s, d.phone, { fields: { ...uiOf(s, d.phone).fields, [d.name]: d.value } });
    case 'ui.escape': return { ...s, ui: Object.fromEntries(Object.entries(s.ui).map(([n, u]) => [n, { ...u, sheet: null, sure: null }])) };
    case 'ui.sent': return on(s, d.tag.phone, { busy: { ...uiOf(s, d.tag.phone).busy, [d.tag.what]: true }, result: { tone: 'n', text: texts.waitingForCar } });
    case 'ui.answer': return answered(s, d);
  }
  return s;
}

export const uiOf = (s, name) => s.ui[name] || idle;
const on = (s, name, change) => ({ ...s, ui: { ...s.ui, [name]: { ...uiOf(s, name), ...change } } });
const newest = (p) => p?.actions?.at(-1);

/** A trail is drawn of what arrived while a place arrives; it ends with the last one. */
function arrived(s, p) {
  const was = s.phones[p.name], trail = p.place ? [...(s.trail[p.name] || []), [p.place.lat, p.place.lon]].slice(-trailMost) : [];
  const next = { ...s, phones: { ...s.phones, [p.name]: p }, trail: { ...s.trail, [p.name]: trail } };
  return JSON.stringify(newest(was)) !== JSON.stringify(newest(p)) && s.ui[p.name] ? on(next, p.name, { result: null }) : next;
}

function answered(s, d) {
  const { phone, what } = d.tag, u = uiOf(s, phone), busy = { ...u.busy };
  delete busy[what];
  const fields = d.ok ? {} : u.fields, sheet = d.ok && what !== 'restrict' ? null : u.sheet;
  return on(s, phone, { busy, fields, sheet, sure: null, result: outcome(what, d) });
}

/** outcome is how an action ended, in words: done, refused with the public reason, or it may have happened. */
export function outcome(what, d) {
  if (d.unknown || /\bunknown\b/.test(d.error || '') || d.ok && d.got === 'unknown') return { tone: 'a', text: texts.results.unknown };
  if (d.ok) return { tone: 'g', text: texts.doing[what] || texts.done };
  return refusal(what, d.error);
}

/** A place that may not be asked for is answered like that of a car without a fix. */
const refusal = (what, reason) => what === 'locate' && /not-permitted|not-now|NotPermitted/.test(reason || '') ? { tone: 'n', text: texts.noPosition } : { tone: 'x', text: sentence(reason) };

function last(p) {
  const a = newest(p), what = String(a?.action || '').split(' ')[0];
  if (!a) return null;
  if (a.state === 'refused') return refusal(what, a.reason);
  return { tone: { done: 'g', unknown: 'a' }[a.state] || 'n', text: a.state === 'done' ? texts.doing[what] || texts.done : texts.results[a.state] || texts.waitingForCar };
}

// --- drawing ---

const order = (a, b) => 'MSL'.indexOf(a.letter) - 'MSL'.indexOf(b.letter);

export function draw(root, s, t) {
  const only = t.view.startsWith('phone/') ? t.view.slice(6) : null;
  const all = Object.values(s.phones).sort(order), show = only ? all.filter((p) => p.name === only) : all;
  if (!show.length) return render(root, h('div', { class: 'phones' }, h('p', { class: 'empty', role: 'status' }, only ? texts.noPhone(proper(only)) : texts.noPhones)));
  render(root, h('div', { class: 'phones' + (only ? ' one' : '') + (show.length > 3 ? ' many' : '') }, show.map((p) => phone(s, t, p))));
}

function phone(s, t, p) {
  const u = uiOf(s, p.name), tell = (kind, data) => t.tell({ kind, data: { phone: p.name, ...data } });
  const act = (what, ...words) => t.act(['app', p.name, ...words].join(' '), { phone: p.name, what });
  const x = { s, p, u, tell, act, main: proper((p.people || []).find((q) => q.role === 'main')?.name) };
  const title = p.member ? role(p.role) : '';
  return h('article', { class: 'phone', key: p.name, 'aria-label': [proper(p.name), title].filter(Boolean).join(', ') }, h('div', { class: 'ps' },
    h('div', { class: 'pst', 'aria-hidden': 'true' }, h('span', null, s.time), h('i'), h('span', null, '5G')),
    h('div', { class: 'phd' }, h('span', { class: 'role r' + p.letter, 'aria-hidden': 'true' }, p.letter), h('div', null, h('h2', null, proper(p.name)), h('p', null, title || proper(texts.invited[p.state]) || texts.noUser)),
      p.member && p.role === 'secondary' && h('span', { class: 'mini ' + p.letter }, sharing(p.sharing))),
    h('div', { class: 'pb' + (u.tab === 'chat' ? ' fill' : ' scroll'), key: p.member ? u.tab : 'out', tabindex: u.tab === 'chat' ? null : '0', role: 'group', 'aria-label': p.member ? texts.tabs[u.tab] : texts.mail }, p.member ? { car: carTab, trips: tripsTab, chat: chatTab, more }[u.tab](x) : more(x)),
    p.member && h('nav', { class: 'ntab', 'aria-label': proper(p.name) + '’s phone' }, [['car', 'car'], ['trips', 'route'], ['chat', 'chat'], ['more', 'users']].map(([name, symbol]) =>
      h('button', { type: 'button', key: name, 'aria-current': u.tab === name ? 'page' : null, onclick: () => tell('ui.tab', { tab: name }) }, icon(symbol), texts.tabs[name])))));
}

/** status is the result of what was asked for last. */
export function status({ p, u }) {
  const r = u.result || last(p);
  return h('p', { class: 'res ' + (r?.tone || ''), role: 'status' }, r?.text || '');
}

const carTab = (x) => [place(x), values(x.p), actions(x), status(x), x.p.role === 'main' ? people(x) : trips(x, x.u.result || last(x.p) ? 1 : 2)];
const tripsTab = (x) => [place(x), values(x.p), status(x), trips(x, 50)];

function place({ s, p, main }) {
  if (p.sharing === 'limited' && p.role !== 'main') return hidden('lock', 'lim', texts.limitedTitle, texts.limitedText(main || 'The main user'));
  if (!p.place) return hidden('off', '', texts.noPosition);
  const { lat, lon, heading } = p.place;
  return h('div', { class: 'pm', key: 'map', 'data-lat': lat, 'data-lon': lon }, map({ class: 'ground', 'aria-hidden': 'true' }, h('svg', { class: 'full', style: { '--metres': 6.5 }, viewBox: box(lat, lon, 1500, 860), preserveAspectRatio: 'xMidYMid slice' }, town(), way(s.trail[p.name] || [], 'way', 30), car(lat, lon, heading, 62))),
    h('div', { class: 'tag' }, h('b', null, texts.position), h('span', { class: 'g' }, h('i', { class: 'lamp', 'aria-hidden': 'true' }), texts.live)));
}

const hidden = (symbol, cls, text, sub) => h('div', { class: 'pm', key: 'none' }, h('div', { class: 'hid' }, h('div', { class: 'in' }, h('span', { class: 'o ' + cls }, icon(symbol, 22)), h('b', null, text), sub && h('span', null, sub))));

const number = (v, path) => { const n = Object.entries(v || {}).find(([k]) => path.test(k))?.[1]; return typeof n === 'number' ? n : n != null && n !== '' && !isNaN(n) ? Number(n) : null; };

function values(p) {
  const v = p.values, soc = number(v, /StateOfCharge\.(Displayed|Current)$/), fuel = number(v, /FuelSystem\.RelativeLevel$/), range = number(v, /^Vehicle\.Powertrain\.(\w+\.)?Range$/), n = (p.warnings || []).length;
  const cell = (value, name, cls, more) => h('div', null, h('b', { class: cls }, value), h('span', null, name), more);
  return h('div', { class: 'kv', key: 'kv' }, cell(soc != null ? Math.round(soc) + ' %' : fuel != null ? Math.round(fuel) + ' %' : '–', soc == null && fuel != null ? texts.fuel : texts.battery),
    cell(range != null ? Math.round(range / 1000) + ' km' : '–', texts.range),
    h('div', { title: (p.warnings || []).map((w) => alarm(w.code)).join(', ') }, h('b', { class: n ? 'a' : '' }, n), h('span', null, texts.warnings(n)), n > 0 && h('span', { class: 'sr' }, (p.warnings || []).map((w) => alarm(w.code)).join(', '))));
}

function actions({ u, act }) {
  const b = (what, symbol, ...words) => h('button', { type: 'button', key: what, disabled: !!u.busy[what], onclick: () => act(what, ...words) }, icon(symbol), texts[what]);
  return h('div', { class: 'acts', key: 'acts' }, b('lock', 'lock', 'lock'), b('unlock', 'unlock', 'unlock'), b('climate', 'fan', 'climate', 'on'), b('flash', 'bulb', 'flash'), b('locate', 'pin', 'locate'));
}

const isPrivate = (x) => !x.start && !x.end;

function trips(x, most) {
  const { s, p, u } = x, all = (p.trips || []).map((trip, i) => ({ ...trip, n: trip.n ?? i + 1 })).toReversed();
  return h('div', { class: 'pl', key: 'trips' }, h('h3', null, texts.trips, h('span', null, all.length ? texts.allTrips : '')),
    all.length ? h('ul', null, all.slice(0, most).map((trip) => {
      const shut = isPrivate(trip), when = [day(trip.start?.at || trip.day, s.now), hhmm(trip.start?.at)].filter(Boolean).join(' '), mine = (trip.assigned || []).includes(p.name);
      const words = shut ? [when, distance(trip), mine ? texts.assignedToYou : texts.phoneNotAssigned] : [when, p.sharing === 'limited' && mine && texts.assignedToYou];
      const assign = p.role === 'main' && u.tab === 'trips';
      return h('li', { key: trip.id }, h('div', { class: 'it' }, icon(shut ? 'lock' : 'route', 16, shut ? 'lim' : ''), h('div', null, shut ? texts.private : `${trip.start?.street || '…'} → ${trip.end?.street || '…'}`, h('small', null, words.filter(Boolean).join(shut ? ' · ' : ', '))),
        assign ? h('button', { type: 'button', class: 'btn e', 'aria-expanded': String(u.sheet === 'assign ' + trip.id), onclick: () => x.tell('ui.sheet', { sheet: u.sheet === 'assign ' + trip.id ? null : 'assign ' + trip.id }) }, texts.assign) : !shut && h('span', { class: 'e km' }, distance(trip))),
      assign && u.sheet === 'assign ' + trip.id && assignTo(x, trip));
    })) : h('p', { class: 'none' }, texts.noTrips));
}

const assignTo = ({ p, u, act }, trip) => h('div', { class: 'sheet', role: 'group', 'aria-label': texts.assignTo }, h('span', null, texts.assignTo), (p.people || []).filter((q) => q.role !== 'main').map((q) =>
  h('button', { type: 'button', class: 'btn', key: q.name, disabled: !!u.busy.assign, onclick: () => act('assign', 'assign', trip.n, q.name) }, proper(q.name))));

function chatTab(x) {
  const { s, p, u, tell, act } = x, text = (u.fields.text || '').trim();
  return [h('ul', { class: 'talk scroll', key: 'talk', tabindex: '0', 'aria-label': texts.tabs.chat, 'aria-live': 'polite', scrollTop: 1e5 * (p.chat || []).length }, (p.chat || []).length ? p.chat.map((m, i) => h('li', { key: i, class: m.mine ? 'me' : '' },
    h('small', null, [m.mine ? null : m.role === 'workshop' ? texts.workshop : proper(m.from) || role(m.role), hhmm(m.t)].filter(Boolean).join(' · ')), h('p', null, m.text))) : h('li', { class: 'none' }, texts.noMessages)),
  status(x),
  h('form', { class: 'write', key: 'write', onsubmit: (e) => { e.preventDefault(); if (text) act('message', 'chat', text); } },
    h('input', { type: 'text', 'aria-label': texts.write, placeholder: texts.message, maxlength: '2000', autocomplete: 'off', value: u.fields.text || '', oninput: (e) => tell('ui.field', { name: 'text', value: e.target.value }) }),
    h('button', { type: 'submit', class: 'btn sq p', 'aria-label': texts.send, disabled: !text || !!u.busy.message }, icon('send', 16)),
    h('button', { type: 'button', class: 'btn sq', 'aria-label': texts.book, title: texts.book, disabled: !text || !!u.busy.book, onclick: () => act('book', 'book', text) }, icon('cal', 16)))];
}
