// The head unit's state: a function of what the agent says on D-Bus, and of what
// is touched on the screen.

import { alarm, full, level, proper, sentence, texts } from '../texts.js';
import { hhmm } from '../time.js';

/** The kinds of events that the head unit is made of. */
export const kinds = ['clock', 'wheel', 'people', 'privacy', 'settings', 'nav', 'trips', 'notes', 'receipt', 'route'];

/** Wrong PINs in a row until entry pauses (docs/security.md, PIN and lockout). */
const free = 4;

const blank = {
  now: '', time: '', wheel: null, people: [], peopleAt: 0, privacy: null, settings: {}, nav: null, route: [], trips: null, notes: { messages: [], alarms: [] }, receipt: null, owed: false,
  screen: 'home', pin: null, sub: null, tab: 'mine', open: null, fields: {}, sure: null, busy: {}, note: null, gone: null, wrong: {}, tick: 0, turned: 0,
};

/** @param {typeof blank} s @param {{kind: string, data: *, at?: number}} e */
export function reduce(s = blank, e) {
  const d = e.data;
  switch (e.kind) {
    case 'reset': return blank;
    case 'clock': return hhmm(d.t) === s.time ? s : { ...s, now: d.t, time: hhmm(d.t) };
    case 'wheel': return seated(s, d);
    case 'people': return { ...s, people: inOrder(d.people || []), peopleAt: e.at || 0, tick: e.at || 0 };
    case 'privacy': return { ...s, privacy: { ...d, readers: inOrder(d.readers || []) } };
    case 'settings': return { ...s, settings: d.groups || {} };
    case 'nav': return { ...s, nav: d, turned: unwound(s.turned, d.heading) };
    case 'route': return { ...s, route: d.points || [] };
    case 'trips': return { ...s, trips: d.trips || [] };
    case 'notes': return { ...s, notes: { messages: d.messages || [], alarms: d.alarms || [] } };
    case 'receipt': return { ...s, receipt: d, owed: false };
    case 'ui.go': return { ...s, gone: null, screen: d.screen, pin: null, sub: null, open: null, fields: {}, sure: null };
    case 'ui.pick': return { ...s, pin: { name: d.name, digits: '', error: '', forgot: false, busy: false } };
    case 'ui.digit': return s.pin && s.pin.digits.length < 12 ? { ...s, pin: { ...s.pin, digits: s.pin.digits + d.digit, error: '' } } : s;
    case 'ui.delete': return s.pin ? { ...s, pin: { ...s.pin, digits: s.pin.digits.slice(0, -1) } } : s;
    case 'ui.forgot': return s.pin ? { ...s, fields: {}, pin: { ...s.pin, forgot: !s.pin.forgot, error: '', digits: '' } } : s;
    case 'ui.unpick': return { ...s, pin: null, fields: {}, screen: 'profiles' };
    case 'ui.sub': return { ...s, sub: d.sub, sure: null, fields: d.fields || {} };
    case 'ui.tab': return { ...s, tab: d.tab };
    case 'ui.open': return { ...s, open: s.open === d.id ? null : d.id };
    case 'ui.field': return { ...s, fields: { ...s.fields, [d.name]: d.value } };
    case 'ui.sure': return { ...s, sure: d.sure };
    case 'ui.tick': return { ...s, tick: d.at };
    case 'ui.quiet': return s.note?.n === d.n ? { ...s, note: null } : s;
    case 'ui.escape': return escaped(s);
    case 'ui.sent': return sent(s, d);
    case 'ui.answer': return answered(s, d);
  }
  return s;
}

function escaped(s) {
  if (s.sure) return { ...s, sure: null };
  if (s.sub) return { ...s, sub: null, fields: {} };
  if (s.pin) return { ...s, pin: s.pin.forgot ? { ...s.pin, forgot: false } : null, fields: {} };
  return s.open || s.note ? { ...s, open: null, note: null } : s;
}

/** Another session begins at Home; the picker is where nobody is at the wheel. */
function seated(s, wheel) {
  const was = s.wheel, same = was && was.state === wheel.state && was.who === wheel.who && (!wheel.suggested || was.suggested === wheel.suggested);
  let next = { ...s, wheel, owed: wheel.state === 'guest' || s.owed };
  // The start of the agent is the end of every guest: nobody is left to write a receipt.
  if (next.owed && wheel.state === 'idle' && wheel.reason === 'boot') next = { ...next, owed: false, receipt: { who: 'guest', reason: 'boot' } };
  if (same) return next;
  next = { ...next, sub: null, open: null, sure: null, fields: {}, note: null, tab: 'mine', screen: wheel.state === 'active' || wheel.state === 'guest' ? 'home' : 'profiles' };
  next.pin = wheel.state === 'idle' && wheel.suggested ? { name: wheel.suggested, digits: '', error: '', forgot: false, busy: false } : null;
  if (wheel.state === 'active') next.wrong = { ...next.wrong, [wheel.who]: 0 };
  return next;
}

function sent(s, { n, tag }) {
  if (tag === 'login') return { ...s, pin: s.pin && { ...s.pin, busy: true, error: '' } };
  return { ...s, busy: { ...s.busy, [tag]: n }, note: null };
}

function answered(s, d) {
  const busy = { ...s.busy };
  delete busy[d.tag];
  if (d.tag === 'login') return loggedIn(s, d);
  if (d.unknown) return { ...s, busy, note: { n: d.n, tone: 'a', text: texts.mayHaveHappened } };
  if (!d.ok) {
    const pin = s.pin && { ...s.pin, error: sentence(d.error) };
    return { ...s, busy, pin, sure: null, note: s.pin ? null : { n: d.n, tone: 'x', text: sentence(d.error) } };
  }
  if (d.tag.startsWith('remove ')) return { ...s, busy, sure: null, gone: { who: d.tag.slice(7), words: full(d.got) } };
  const note = /^(level|guest|logout)$/.test(d.tag) ? null : { n: d.n, tone: 'g', text: texts.done };
  const closes = /^(pin|invite|erase|new-pin|write|book)$/.test(d.tag);
  return { ...s, busy, note, sure: null, fields: closes ? {} : s.fields, sub: /^(pin|invite)$/.test(d.tag) ? (d.tag === 'invite' ? 'people' : null) : s.sub, pin: d.tag === 'new-pin' ? null : s.pin };
}

function loggedIn(s, d) {
  if (!s.pin) return d.ok ? s : { ...s, note: { n: d.n, tone: 'x', text: d.unknown ? texts.mayHaveHappened : sentence(d.error) } };
  if (d.ok) return { ...s, pin: s.wheel?.state === 'active' && s.wheel.who === s.pin.name ? null : { ...s.pin, busy: false, digits: '' } };
  const pin = { ...s.pin, digits: '', busy: false };
  if (d.unknown) return { ...s, pin: { ...pin, error: texts.mayHaveHappened } };
  if (!/WrongPIN/.test(d.error)) return { ...s, pin: { ...pin, error: /LockedOut/.test(d.error) && pauseLeft(s, pin.name) > 0 ? '' : sentence(d.error) } };
  const tries = (s.wrong[pin.name] || 0) + 1;
  return { ...s, wrong: { ...s.wrong, [pin.name]: tries }, pin: { ...pin, error: texts.wrongPin(free - tries) } };
}

/** The way from one heading to the next is the short one, so that the map does not turn about. */
function unwound(was, heading) {
  if (heading == null) return was;
  return was + ((heading - was) % 360 + 540) % 360 - 180;
}

// --- what is read of the state ---

/** inOrder sorts people and readers by their letter: M, S, L, W. */
export const inOrder = (all) => all.toSorted((a, b) => 'MSLWB'.indexOf(a.letter) - 'MSLWB'.indexOf(b.letter) || String(a.name).localeCompare(b.name));
export const person = (s, name) => s.people.find((p) => p.name === name);
export const mainName = (s) => proper(s.people.find((p) => p.role === 'main')?.name || '') || 'The main user';
export const parked = (s) => !!s.wheel?.parked;
export const seconds = (v) => v > 2 ** 31 ? Infinity : v;

/** pauseLeft is how many seconds entry still pauses for that person; Infinity: the PIN is off. */
export function pauseLeft(s, name) {
  const wait = seconds(person(s, name)?.retry_after || 0);
  return wait === Infinity ? wait : wait > 0 ? Math.max(0, Math.ceil(wait - (s.tick - s.peopleAt) / 1000)) : 0;
}

/** chip is what the top line says of this drive. */
export function chip(s) {
  const p = s.privacy;
  if (!p) return { tone: 'n', icon: 'off', text: texts.chip.none };
  if (p.in_use) return { tone: 'g', icon: 'pin', text: texts.chip.shared((p.readers || []).filter((r) => kindsOf(r).includes('position')).length) };
  if (s.wheel?.state === 'idle' || s.wheel?.state === 'leaving') return { tone: 'n', icon: 'off', text: texts.chip.driver };
  if (p.effective === 'offline') return { tone: 'v', icon: 'net', text: texts.chip.nothing };
  if (p.effective === 'no-position') return { tone: 'v', icon: 'off', text: texts.chip.stays };
  if (opensLater(s)) return { tone: 'n', icon: 'time', text: texts.chip.later };
  if (p.cloud !== 'up') return { tone: 'q', icon: 'time', text: texts.chip.waiting };
  return { tone: 'n', icon: 'off', text: texts.chip.none };
}

/** opensLater: the level was raised, and a place begins only a while later. */
export const opensLater = ({ privacy: p }) => !!p && !p.in_use && ((p.limited_by || []).includes('waiting') || p.effective === 'share' && p.opens_in > 0);

const rank = { share: 0, 'no-position': 1, offline: 2 };

/** levels are the three, which one holds, and why one cannot be chosen. */
export function levels(s) {
  const p = s.privacy || { level: 'share', effective: 'share', limited_by: [] };
  const by = (p.limited_by || []).filter((r) => r !== 'level' && r !== 'waiting');
  const holds = by.length && rank[p.level] < rank[p.effective] ? p.effective : p.level;
  return Object.keys(rank).map((name) => ({
    name, text: level(name), on: name === holds,
    why: by.length && rank[name] < rank[p.effective] ? texts.notOpen(level(name), by.map((r) => texts.limitedBy[r] || r.replaceAll('-', ' ')).join(', ')) : '',
  }));
}

/** sight is what a reader gets of this drive, in a word. */
export function sight(r) {
  const gets = kindsOf(r);
  if (gets.includes('position')) return { tone: 'g', text: texts.sees.position };
  if (!gets.length) return { tone: 'n', text: texts.sees.nothing };
  return r.column === 'workshop' || r.column === 'backend' ? { tone: 'n', text: texts.sees.health } : { tone: 'a', text: texts.sees.status };
}

/** pills are what a reader gets, one by one. */
export function pills(r, effective = 'share') {
  const gets = kindsOf(r, effective), t = texts.pills;
  if (!gets.length) return [{ tone: '', text: t.nothing }];
  const place = { tone: gets.includes('position') ? 'g' : '', text: gets.includes('position') ? t.position : t.noPosition };
  if (r.column === 'workshop' || r.column === 'backend') return [place, { tone: 'g', text: t.health }];
  const trips = !gets.includes('trips') ? { tone: '', text: t.noTrips } : r.column === 'limited' ? { tone: 'a', text: t.tripsBand } : { tone: 'g', text: t.trips };
  return [place, gets.includes('status') ? { tone: 'g', text: t.status } : { tone: '', text: t.noStatus }, trips];
}

/** kindsOf is what reaches a reader. Where only the word for it came, it is what that word means. */
function kindsOf(r, effective = 'share') {
  if (Array.isArray(r.kinds || r.receives)) return r.kinds || r.receives;
  const status = r.column === 'limited' && effective === 'share' ? ['status', 'alarms', 'trips'] : ['status', 'alarms'];
  return { Position: ['position', 'status', 'alarms', 'trips'], 'Status only': status, 'Health only': ['status', 'alarms'] }[r.receives] || [];
}

const defaults = {
  radio: { volume: 30 }, sound: { bass: 0, treble: 0, balance: 0, fade: 0 }, climate: { driver_celsius: 21, passenger_celsius: 21, seat_heating: 0, fan: 40 }, seat: {},
};
const empty = (v) => v == null || v === '' || typeof v === 'object' && !Object.keys(v).length;
const amount = (v) => Array.isArray(v) ? v.length : empty(v) ? 0 : 1;

/** kept counts what the session at the wheel has in memory that is no default. */
export function kept(groups) {
  const changed = (group) => Object.entries(groups[group] || {}).reduce((n, [key, v]) => n + (key in (defaults[group] || {}) ? Number(v !== defaults[group][key]) : amount(v)), 0);
  const nav = groups.navigation || {};
  return { destinations: amount(nav.home) + amount(nav.work) + amount(nav.favourites) + amount(nav.recents), media: changed('radio') + changed('sound'), comfort: changed('climate') + changed('seat') };
}

/** erased is what a receipt counts: values before, in how many stores. */
export function erased(receipt) {
  const r = receipt?.receipt || {}, stores = r.stores || [];
  if (Array.isArray(stores) && stores.length) return { values: stores.reduce((n, x) => n + (Number(x.before) || 0), 0), stores: stores.length };
  const counts = Object.values(r).filter((v) => typeof v === 'number');
  return { values: counts.reduce((a, b) => a + b, 0), stores: counts.length };
}

/** warning is the newest light that is on. */
export const warning = (s) => s.notes.alarms.length ? alarm(s.notes.alarms[0].code) : '';
export const unread = (s) => s.notes.messages.filter((m) => !m.read).length;
/** ends are the two ends of a trip, where they may be seen. */
export const ends = (t) => t.start?.street || t.end?.street || t.start || t.end ? `${t.start?.street || '…'} → ${t.end?.street || '…'}` : texts.private;
