// The head unit: a frame with a top line and a rail, and a screen in it. It talks
// D-Bus like any head unit, by way of the simulator, with no side door.

import { h, icon, render } from '../dom.js';
import { proper, role, texts } from '../texts.js';
import { guest } from './guest.js';
import { home } from './home.js';
import { notes } from './notes.js';
import { avatar, letterOf } from './parts.js';
import { picker } from './picker.js';
import { pin } from './pin.js';
import { privacy } from './privacy.js';
import { settings } from './settings.js';
import { chip, kinds, pauseLeft, reduce, unread } from './state.js';
import { trips } from './trips.js';

export const title = 'Head unit';
export { kinds, reduce };

const screens = { home, profiles: picker, privacy, trips, notes, settings };
const symbols = { home: 'home', profiles: 'users', privacy: 'shield', trips: 'route', notes: 'chat', settings: 'gear' };
let clock = 0, said = null;

export function draw(root, s, t) {
  if (!s.wheel) {
    render(root, h('div', { class: 'hu' }, h('div', { class: 'scr off' }, h('p', { class: 'empty', role: 'status' }, texts.waitingForWorld))));
    return;
  }
  const alone = s.wheel.state === 'idle' || s.wheel.state === 'leaving', guests = s.wheel.state === 'guest';
  const at = s.pin || alone && s.screen !== 'privacy' ? 'profiles' : s.screen, says = chip(s);
  const screen = s.pin && s.wheel.state !== 'leaving' ? pin : at === 'home' && guests ? guest : screens[at];
  const go = (to) => () => t.tell({ kind: 'ui.go', data: { screen: to } });
  render(root, h('div', { class: 'hu' }, h('div', { class: 'scr' },
    h('div', { class: 'sbar' },
      h('div', { class: 'who' }, guests ? avatar('G', '', 28) : alone ? avatar('', '', 28) : avatar(letterOf(s, s.wheel.who), s.wheel.who, 28), guests ? role('guest') : alone ? texts.noProfile : proper(s.wheel.who)),
      h('div', { class: 't' }, s.time),
      h('div', { class: 'rt' },
        h('button', { type: 'button', class: 'priv ' + says.tone, 'aria-live': 'polite', onclick: go('privacy') }, icon(says.icon, 17), says.text),
        icon('net', null, s.privacy?.cloud === 'up' ? '' : 'dim'), temperature(s))),
    h('nav', { class: 'rail', 'aria-label': title }, Object.keys(screens).map((name) => h('button', {
      type: 'button', key: name, 'aria-current': at === name ? 'page' : null, onclick: go(name),
      disabled: alone && name !== 'profiles' && name !== 'privacy' || guests && (name === 'trips' || name === 'notes'),
    }, icon(symbols[name]), h('span', null, texts.rail[name]), name === 'notes' && unread(s) > 0 && h('span', { class: 'dot' }, h('span', { class: 'sr' }, texts.unread(unread(s))))))),
    h('div', { class: 'view', key: at + (s.pin ? ' pin' : '') + (guests ? ' g' : '') }, screen(s, t)),
    s.note && h('div', { class: 'toast ' + s.note.tone, role: s.note.tone === 'x' ? 'alert' : 'status' }, s.note.text))));
  attend(s, t);
}

const temperature = (s) => s.settings.climate?.driver_celsius != null && h('span', { class: 'temp' }, s.settings.climate.driver_celsius.toFixed(1) + '°');

/** A countdown goes on by itself; a remark goes away. */
function attend(s, t) {
  const left = s.pin ? pauseLeft(s, s.pin.name) : 0;
  if (left > 0 && left < Infinity && !clock) clock = setTimeout(() => { clock = 0; t.tell({ kind: 'ui.tick', data: { at: performance.now() } }); }, 500);
  if (s.note && s.note.n !== said) {
    said = s.note.n;
    setTimeout(() => t.tell({ kind: 'ui.quiet', data: { n: said } }), s.note.tone === 'g' ? 4000 : 9000);
  }
}
