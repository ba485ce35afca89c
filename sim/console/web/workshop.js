// Workshop Nord: what lies in the workshop's mailbox, and the chat.

import { h, icon, render } from './dom.js';
import { alarm, initials, proper, role, sentence, texts } from './texts.js';
import { hhmm } from './time.js';

export const title = 'Workshop';
export const kinds = ['workshop'];

const blank = { shop: null, fields: {}, busy: {}, sure: false, result: null };

export function reduce(s = blank, e) {
  const d = e.data;
  switch (e.kind) {
    case 'reset': return blank;
    case 'workshop': return { ...s, shop: d };
    case 'ui.field': return { ...s, fields: { ...s.fields, [d.name]: d.value }, result: null };
    case 'ui.sure': return { ...s, sure: d.sure };
    case 'ui.escape': return s.sure ? { ...s, sure: false } : s;
    case 'ui.sent': return { ...s, busy: { ...s.busy, [d.tag]: true }, result: null };
    case 'ui.answer': {
      const busy = { ...s.busy };
      delete busy[d.tag];
      if (d.ok) return { ...s, busy, sure: false, fields: {}, result: { tone: 'g', text: texts.done } };
      return { ...s, busy, result: d.unknown ? { tone: 'a', text: texts.mayHaveHappened } : { tone: 'x', text: sentence(d.error) } };
    }
  }
  return s;
}

const value = (v, path) => Object.entries(v || {}).find(([k]) => path.test(k))?.[1];
const grouped = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ' ');

/** due is when the car wants a service: metres and seconds on the wire (VSS). */
function due(v) {
  const metres = value(v, /Service\.DistanceToService$/), time = value(v, /Service\.TimeToService$/), t = texts;
  if (String(value(v, /Service\.IsServiceDue$/)) === 'true') return [t.dueNow, 'a'];
  const all = [metres != null && t.inKm(grouped(metres / 1000)), time != null && t.inDays(Math.round(time / 86_400))].filter(Boolean);
  return [all.length ? t.dueIn(all) : t.nextReport, all.length ? '' : 'n'];
}

/**
 * rows is what the workshop knows of the car. Mileage comes in steps of 100 km, the first after the daily latch at 02:00 UTC
 * (docs/privacy.md, Words); the rest with each report.
 */
export function rows(shop) {
  const v = shop.values, km = value(v, /^Vehicle\.TraveledDistance$/), volt = value(v, /LowVoltageBattery\.Current\w+$/), t = texts.shopRows;
  const warnings = (shop.warnings || []).map((w) => alarm(w.code));
  return [
    [t.main, proper(shop.main) || texts.nobody], [t.secondary, String(shop.secondary ?? 0)],
    km == null ? [t.mileage, texts.nextDay, 'n'] : [t.mileage, grouped(km / 1000) + ' km'], [t.service, ...due(v)],
    [t.warnings, warnings.join(', ') || texts.noWarnings, warnings.length ? 'a' : ''], volt == null ? [t.battery, texts.nextReport, 'n'] : [t.battery, isNaN(volt) ? String(volt) : volt + ' V'],
    [t.position, texts.notShared, 'n'],
  ];
}

export function draw(root, s, t) {
  const shop = s.shop, car = shop && [shop.model, shop.year].filter(Boolean).join(' · ');
  render(root, h('div', { class: 'ph' }, h('span', { class: 'role rW', 'aria-hidden': 'true' }, 'W'), h('h2', null, texts.workshop), h('div', { class: 'r' }, car && h('span', { class: 'chip' }, car))),
    shop ? h('div', { class: 'wk' },
      h('div', { class: 'wl scroll', tabindex: '0', role: 'group', 'aria-label': 'Vehicle' }, h('dl', { class: 'dl' }, rows(shop).flatMap(([name, text, cls]) => [h('dt', null, name), h('dd', { class: cls }, text)])), removal(s, t, shop)),
      chat(s, t, shop)) : h('p', { class: 'empty', role: 'status' }, texts.waitingForWorld));
}

function removal(s, t, shop) {
  const busy = !!s.busy.remove;
  if (!shop.main) return h('form', { class: 'sheet', onsubmit: (e) => { e.preventDefault(); send(); } }, h('label', { class: 'field' }, h('span', null, texts.inviteMain), input(s, t, 'name')),
    h('button', { type: 'submit', class: 'btn', disabled: !name(s) || !!s.busy.invite }, texts.invite));
  return h('div', { class: 'rm' }, h('p', { class: 'warn' }, icon('users', 16), h('span', null, texts.removeMainWarn(shop.secondary || 0))),
    s.sure ? h('div', { class: 'sheet' }, h('button', { type: 'button', class: 'btn d', disabled: busy, onclick: () => t.act('workshop remove-main confirm', 'remove') }, texts.removeAll), h('button', { type: 'button', class: 'btn gh', onclick: () => t.tell({ kind: 'ui.sure', data: { sure: false } }) }, texts.cancel)) :
      h('button', { type: 'button', class: 'btn gh', onclick: () => t.tell({ kind: 'ui.sure', data: { sure: true } }) }, texts.removeMain));
  function send() { if (name(s)) t.act('workshop invite-main ' + name(s), 'invite'); }
}

const name = (s) => /^[a-z][a-z0-9-]*$/.test((s.fields.name || '').trim().toLowerCase()) ? s.fields.name.trim().toLowerCase() : '';
const input = (s, t, key, more) => h('input', { type: 'text', autocomplete: 'off', value: s.fields[key] || '', oninput: (e) => t.tell({ kind: 'ui.field', data: { name: key, value: e.target.value } }), ...more });

function chat(s, t, shop) {
  const text = (s.fields.text || '').trim(), to = s.fields.to || '', all = shop.chat || [];
  const people = [...new Set(all.filter((m) => !m.mine && m.from).map((m) => m.from))];
  const send = () => text && t.act(to ? `workshop write ${to} ${text}` : 'workshop chat ' + text, 'chat');
  return h('div', { class: 'wr' },
    h('ul', { class: 'chat scroll', tabindex: '0', 'aria-label': 'Workshop chat', 'aria-live': 'polite', scrollTop: 1e5 * all.length }, all.length ? all.map((m, i) => h('li', { key: i, class: 'msg' + (m.mine ? ' me' : '') },
      !m.mine && h('span', { class: 'av r' + (m.role === 'main' ? 'M' : 'S'), 'aria-hidden': 'true' }, initials(m.from)),
      h('div', null, h('small', null, [m.mine ? role('workshop') : proper(m.from), !m.mine && role(m.role), hhmm(m.t)].filter(Boolean).join(' · ')), h('p', null, m.text)))) : h('li', { class: 'empty' }, texts.noChat)),
    h('form', { class: 'write', onsubmit: (e) => { e.preventDefault(); send(); } },
      h('select', { 'aria-label': 'To', value: to, onchange: (e) => t.tell({ kind: 'ui.field', data: { name: 'to', value: e.target.value } }) }, h('option', { value: '' }, texts.toEverybody), people.map((n) => h('option', { value: n, key: n }, proper(n)))),
      input(s, t, 'text', { 'aria-label': to ? 'Message to ' + proper(to) : texts.writeAll, placeholder: to ? 'Message to ' + proper(to) : texts.writeAll, maxlength: '2000' }),
      h('button', { type: 'submit', class: 'btn p', disabled: !text || !!s.busy.chat }, texts.send),
      h('button', { type: 'button', class: 'btn', disabled: !text || !!s.busy.quote, onclick: () => t.act('workshop quote ' + text, 'quote') }, texts.quote)),
    s.result && h('p', { class: 'res ' + s.result.tone, role: s.result.tone === 'x' ? 'alert' : 'status' }, s.result.text));
}
