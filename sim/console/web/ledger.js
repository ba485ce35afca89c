// The privacy ledger: what was decided, for whom, and why. Only the rows that are
// seen are in the page.

import { h, icon, render } from './dom.js';
import { add, facts, jsonl, noEntries, readersOf, result, rows, rules, sift, why } from './decisions.js';
import { calm, clock, save, sign } from './panels.js';
import { proper } from './texts.js';

export const title = 'Privacy ledger';
export const kinds = ['world', 'ledger'];

/** Height of a row, as panels.css has it. */
export const rowHeight = 31;

const first = () => ({
  entries: noEntries(), run: null, scenario: '',
  ui: { outcome: '', reader: '', text: '', held: null, open: '', top: 0, height: 400 },
});

/** reduce: what was decided so far, and how the panel shows it. */
export function reduce(s = first(), { kind, data: d }) {
  switch (kind) {
    case 'reset': return { ...first(), ui: s.ui };
    case 'ui.late': return { ...s };
    case 'world': {
      const other = s.run !== null && d.run !== s.run;
      return { ...s, run: d.run, scenario: d.scenario, entries: other ? noEntries() : s.entries };
    }
    case 'ledger': return { ...s, entries: add(s.entries, d) };
    case 'ui.filter': return { ...s, ui: { ...s.ui, ...d, open: '', top: 0 } };
    case 'ui.pause': return { ...s, ui: { ...s.ui, held: s.ui.held ? null : s.entries } };
    case 'ui.open': return { ...s, ui: { ...s.ui, open: s.ui.open === d.key ? '' : d.key } };
    case 'ui.scroll': return d.top === s.ui.top && d.height === s.ui.height ? s : { ...s, ui: { ...s.ui, ...d } };
  }
  return s;
}

/** shown are the rows that the filter lets through, of all that came or until it was paused. */
export function shown(s) {
  return sift(rows(s.ui.held || s.entries), s.ui);
}

/** missed is how many entries came since it was paused. */
export const missed = (s) => s.ui.held ? s.entries.chunks.flat().filter((x) => x.id > (s.ui.held.newest[x.who] || 0)).length : 0;

/** windowOf is which rows are in the page: those that are seen and a few beside them. */
export function windowOf(total, { top, height }) {
  const from = Math.max(0, Math.min(Math.floor(top / rowHeight) - 6, total - 1));
  return { from: Math.max(0, from), to: Math.min(total, from + Math.ceil(height / rowHeight) + 14) };
}

const outcomes = {
  published: { sign: 'check', cls: 's-ok', done: 'sent to' },
  reduced: { sign: 'half', cls: 's-part', done: 'less precise for' },
  withheld: { sign: 'cross', cls: 's-no', done: 'withheld for' },
  purged: { sign: 'purge', cls: 's-no', done: 'deleted unsent for' },
  waiting: { sign: 'clock', cls: 's-q', done: 'waits for' },
};

function mark(entry) {
  if (!entry) return h('span', { class: 'mark never', role: 'img', 'aria-label': 'nothing decided for them' }, sign('dash'));
  const o = outcomes[entry.outcome] || outcomes.waiting, name = entry.outcome + (entry.count > 1 ? `, ${entry.count} times` : '');
  return h('span', { class: 'mark ' + o.cls, role: 'img', 'aria-label': name, title: `${proper(entry.reader)}: ${name}` }, sign(o.sign));
}

function opened(row, span) {
  const joined = (all) => all.map((w, i) => (i ? (i === all.length - 1 ? ' and ' : ', ') : '') + w).join('');
  return h('tr', { class: 'because', key: 'because' },
    h('td', { colspan: span }, h('div', { class: 'flow' },
      h('div', null, h('b', null, 'Facts'), facts(row, proper).join(' · ')),
      h('div', { class: 'ar' }, sign('to')),
      h('div', null, h('b', null, 'Rule'), rules(row).map((r) => h('span', { class: 'mono rule' }, r + ' ')), h('span', null, '· policy.csv')),
      h('div', { class: 'ar' }, sign('to')),
      h('div', null, h('b', null, 'Result'), joined(result(row, proper).map((r) => `${outcomes[r.outcome]?.done || r.outcome + ' for'} ${joined(r.who)}${r.count > 1 ? ` ×${r.count}` : ''}`)),
        row.copy && h('em', null, ' Simulator’s copy: the car has it no more.')))));
}

function line(row, readers, s, tools) {
  const open = s.ui.open === row.key;
  return h('tr', { key: row.key, class: (open ? 'exp' : '') + (row.copy ? ' copy' : ''), onclick: (e) => !e.target.closest('button') && tools.tell({ kind: 'ui.open', data: { key: row.key } }) },
    h('td', { class: 'mono t' }, h('button', { type: 'button', 'aria-expanded': String(open), onclick: () => tools.tell({ kind: 'ui.open', data: { key: row.key } }) },
      clock(row.t), h('span', { class: 'sr' }, ' ' + row.class + ', why'))),
    h('td', { class: 'mono d' }, row.class),
    h('td', { class: 'mono v', title: row.value }, row.value),
    readers.map((r) => h('td', { class: 'c', key: r.name }, mark(row.entries.find((x) => x.reader === r.name)))),
    h('td', { class: 'w', title: why(row) }, row.copy && h('span', { class: 'mini' }, 'simulator’s copy'), ' ' + why(row)));
}

function chips(s, tools) {
  const e = s.ui.held || s.entries;
  const chip = (outcome, text, o) => h('button', {
    type: 'button', class: 'chip', key: text, 'aria-pressed': String(s.ui.outcome === outcome), onclick: () => tools.tell({ kind: 'ui.filter', data: { outcome } }),
  }, o && sign(o.sign, o.cls), h('span', { class: o ? 'wd' : null }, text), h('b', null, outcome ? e.tally[outcome] || 0 : e.size));
  return [chip('', 'All'), chip('published', 'Published', outcomes.published), chip('reduced', 'Reduced', outcomes.reduced),
    chip('withheld', 'Withheld', outcomes.withheld), (e.tally.purged > 0 || s.ui.outcome === 'purged') && chip('purged', 'Purged', outcomes.purged)];
}

function head(s, list, readers, tools) {
  const held = s.ui.held, late = missed(s);
  return h('div', { class: 'ph' }, icon('shield'), h('h2', null, title),
    held && h('span', { class: 'mini a' }, late ? `paused, ${late} more` : 'paused'),
    h('div', { class: 'r' },
      h('input', { type: 'search', class: 'find', 'aria-label': 'Find in the ledger', placeholder: 'Find', value: s.ui.text, oninput: (e) => tools.tell({ kind: 'ui.filter', data: { text: e.target.value } }) }),
      h('select', { class: 'find', 'aria-label': 'Reader', onchange: (e) => tools.tell({ kind: 'ui.filter', data: { reader: e.target.value } }) },
        [{ name: '', letter: '' }, ...readers].map((r) => h('option', { key: r.name, value: r.name }, r.name ? proper(r.name) : 'All readers'))),
      h('div', { class: 'chips', role: 'group', 'aria-label': 'Outcome' }, chips(s, tools)),
      h('button', { type: 'button', class: 'chip', 'aria-pressed': String(Boolean(held)), 'aria-label': 'Pause the ledger', title: held ? 'Go on: nothing was lost' : 'Pause', onclick: () => tools.tell({ kind: 'ui.pause' }) },
        icon(held ? 'play' : 'pause', 13)),
      h('button', { type: 'button', class: 'chip', title: 'Save the entries of these rows, one a line', disabled: !list.length, onclick: () => save('ledger.jsonl', jsonl(list), 'application/jsonl') },
        icon('down2', 13), 'JSONL')));
}

/** Heights of the opened row, and the newest row, of what was drawn last. */
const drawn = new WeakMap();

function paint(root, s, tools) {
  const list = shown(s), readers = readersOf(s.ui.held || s.entries), span = readers.length + 4;
  const was = drawn.get(root) || {}, box = root.querySelector('.entries');
  // Rows that came on top push down what somebody reads.
  const came = box && box.scrollTop > 0 && was.newest ? list.findIndex((r) => r.key === was.newest) : 0;
  const top = came > 0 ? box.scrollTop + came * rowHeight : null;
  if (top !== null) s = { ...s, ui: { ...s.ui, top } };
  const { from, to } = windowOf(list.length, s.ui), at = list.findIndex((r) => r.key === s.ui.open);
  const extra = (inside) => at >= 0 && inside && (at < from || at >= to) ? was.why || 0 : 0;
  const space = (key, n, more) => h('tr', { key, class: 'space', 'aria-hidden': 'true' }, h('td', { colspan: span, style: { height: n * rowHeight + more + 'px' } }));
  const scrolled = (e) => tools.tell({ kind: 'ui.scroll', data: { top: Math.floor(e.target.scrollTop / (3 * rowHeight)) * 3 * rowHeight, height: e.target.clientHeight } });
  render(root, head(s, list, readers, tools),
    list.length ? h('div', { class: 'entries scroll', tabindex: 0, role: 'region', 'aria-label': 'Rows of the ledger', onscroll: scrolled, made: (e) => new ResizeObserver(() => scrolled({ target: e })).observe(e) },
      h('table', null,
        h('thead', null, h('tr', null, h('th', { class: 't' }, 'Time'), h('th', { class: 'd' }, 'Data'), h('th', { class: 'v' }, 'Value (simulator’s)'),
          readers.map((r) => h('th', { class: 'c', key: r.name, title: proper(r.name) }, proper(r.name))), h('th', { class: 'w' }, 'Why'))),
        h('tbody', null, from > 0 && space('above', from, extra(at < from)),
          list.slice(from, to).flatMap((row) => row.key === s.ui.open ? [line(row, readers, s, tools), opened(row, span)] : [line(row, readers, s, tools)]),
          to < list.length && space('below', list.length - to, extra(at >= to)))))
      : h('p', { class: 'empty' }, s.entries.size ? 'No row is like that.' : 'Nothing was decided yet. Rows come when somebody is at the wheel.'));
  if (top !== null) box.scrollTop = top; // now that there is room for it
  drawn.set(root, { newest: list[0]?.key, why: root.querySelector('tr.because')?.offsetHeight || was.why });
}

/** Entries come in crowds; what a person does shows at once. */
export const draw = calm(250, paint);
