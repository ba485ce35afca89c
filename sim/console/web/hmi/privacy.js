// Privacy: what leaves the car during this drive.

import { h, icon } from '../dom.js';
import { role, sharing, texts } from '../texts.js';
import { badge, head, levelReasons, levelSwitch, note, row, you } from './parts.js';
import { opensLater, pills } from './state.js';

export function privacy(s, t) {
  const p = s.privacy, readers = (p?.readers || []).filter((r) => r.column !== 'backend');
  return h('div', { class: 'pg' },
    head(texts.privacy, texts.leaves, s.wheel?.state === 'idle' ? null : levelSwitch(s, t)),
    levelReasons(s),
    p?.effective === 'offline' && note('v', 'net', texts.offlineNote),
    opensLater(s) && note('n', 'time', texts.placeLater),
    h('ul', { class: 'rows' }, readers.map((r) => row(r.letter + r.name, badge(r.letter), r.column === 'workshop' ? r.name || texts.workshop : you(s, r.name) || role(r.column === 'main' ? 'main' : 'secondary'), who(r),
      pills(r, p?.effective).map((x) => h('span', { class: 'mini ' + x.tone }, x.text))))),
    h('div', { class: 'foot' }, icon('time'), texts.thisDrive(p?.published || 0, p?.reduced || 0, p?.withheld || 0)));
}

const who = (r) => r.column === 'workshop' ? 'Service partner' : r.column === 'main' ? r.name && role('main') : r.name ? `${role('secondary')} · ${sharing(r.column).toLowerCase()}` : sharing(r.column);
