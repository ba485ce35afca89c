// The scenario: its lines and what became of them, what the running one waits for,
// what the ledger and the wire knew when one failed, earlier runs, and a line of
// one's own.

import { h, icon, render } from './dom.js';
import { commandLine, commandState, reduceCommand } from './command.js';
import { calm, clock, sign, span } from './panels.js';
import { proper } from './texts.js';

export const title = 'Scenario';
export const kinds = ['world', 'step', 'people', 'ledger', 'wire', 'log', 'breach', 'signal', 'route'];

const recent = 8; // of the ledger, the wire and the log, kept for a step that fails

const first = () => ({
  steps: {}, run: null, over: false, failed: 0, ok: 0, known: { ledger: [], wire: [], log: [] }, failures: {}, breaches: [],
  ui: { tab: 'steps', open: null, runs: null, ...commandState() },
});

/** reduce: the lines so far, and what was known when one failed. */
export function reduce(s = first(), { id, kind, data: d }) {
  switch (kind) {
    case 'reset': return { ...first(), ui: s.ui };
    case 'ui.late': return { ...s };
    case 'world': {
      const other = s.run !== null && d.run !== s.run;
      return { ...(other ? { ...first(), ui: { ...s.ui, open: null } } : s), run: d.run, over: d.over, failed: d.failed || 0, ok: d.ok || 0, scenario: d.scenario };
    }
    case 'step': {
      const failures = d.state === 'failed' && !s.failures[d.n] ? { ...s.failures, [d.n]: s.known } : s.failures;
      return { ...s, steps: { ...s.steps, [d.n]: d }, failures };
    }
    case 'ledger': return { ...s, known: { ...s.known, ledger: kept(s.known.ledger, d, (x) => x.who === d.who && x.id === d.id) } };
    case 'wire': return { ...s, known: { ...s.known, wire: kept(s.known.wire, { ...d, n: id }) } };
    case 'log': return { ...s, known: { ...s.known, log: kept(s.known.log, { ...d, n: id }) } };
    case 'breach': return { ...s, breaches: [...s.breaches, d.text].slice(-50) };
    case 'ui.tab': return { ...s, ui: { ...s.ui, tab: d.tab } };
    case 'ui.open': return { ...s, ui: { ...s.ui, open: openOf(s) === d.n ? -1 : d.n } };
    case 'ui.runs': return { ...s, ui: { ...s.ui, runs: d.runs } };
  }
  const ui = reduceCommand(s.ui, kind, d);
  return ui === s.ui ? s : { ...s, ui };
}

const kept = (list, x, same) => [...(same ? list.filter((y) => !same(y)) : list), x].slice(-recent);

const played = (x) => Boolean(x.t) && x.state !== 'waiting';

/** listed are the lines: those that played as they began, lines by hand among them, then those to come. @returns {Object[]} */
export const listed = (s) => Object.values(s.steps).sort((a, b) =>
  played(b) - played(a) || (played(a) && a.t !== b.t ? (a.t < b.t ? -1 : 1) : a.n - b.n));

/** running is the line that runs, or null. */
export const running = (s) => listed(s).find((x) => x.state === 'running') || null;

/** openOf is the line that is open: the one that was chosen, else the first that failed. */
export function openOf(s) {
  if (s.ui.open !== null) return s.ui.open;
  return listed(s).find((x) => x.state === 'failed')?.n ?? -1;
}

/** when a line began: time since the first line did. */
export function when(begun, step) {
  if (!played(step)) return '';
  return span(Date.parse(step.t) - Date.parse(begun.t));
}

const marks = {
  ok: ['check', 'ok', 'g'], refused: ['check', 'refused as expected', 'a'], failed: ['cross', 'failed', 'x'], running: ['run', 'running', 'g'], waiting: ['point', 'to come', 'n'],
};

const outcomes = { published: ['check', 'g'], reduced: ['half', 'a'], withheld: ['cross', 'x'], purged: ['purge', 'x'] };

function known(all) {
  const part = (name, list, whole, ...short) => [h('h3', null, name), list.length
    ? h('ul', null, list.toReversed().map((x, i) => h('li', { key: i, class: 'mono', title: whole(x) }, short.map((part) => part(x)))))
    : h('p', null, 'nothing yet')];
  const told = ([mark, cls], word) => [sign(mark, cls), h('span', { class: 'sr' }, word)];
  return h('div', { class: 'known' },
    part('What the ledger knew then', all.ledger, (x) => `${x.class} ${x.outcome} for ${proper(x.reader)}, ${x.rule || ''}${x.count > 1 ? `, ${x.count} times` : ''}`,
      (x) => clock(x.t) + ' ', (x) => told(outcomes[x.outcome] || ['clock', 'q'], x.outcome), (x) => ` ${x.class} ${proper(x.reader)}`),
    part('What the wire knew then', all.wire, (x) => x.topic || '',
      (x) => x.dir === 'in' || x.dir === 'down' ? told(['down', 'q'], 'received') : told(['up', 'g'], 'sent'), (x) => ` ${x.kind || ''} ${x.reader ? proper(x.reader) : ''} ${x.bytes ?? '?'} B`),
    all.log.length > 0 && part('Log', all.log, (x) => x.text, (x) => `${x.level} ${x.text}`));
}

function step(s, x, begun, tools) {
  const [mark, name, cls] = marks[x.state] || marks.waiting, open = openOf(s) === x.n;
  return h('li', { key: x.n, 'data-n': x.n, class: x.state + (open ? ' open' : ''), 'aria-current': x.state === 'running' ? 'step' : null },
    x.note && h('p', { class: 'note' }, x.note),
    h('button', { type: 'button', class: 'ln', 'aria-expanded': String(open), onclick: () => tools.tell({ kind: 'ui.open', data: { n: x.n } }) },
      sign(mark, cls), h('span', { class: 'sr' }, name + ': '),
      h('span', { class: 'tx' }, x.text), x.hand && h('span', { class: 'mini' }, 'by hand'), h('span', { class: 'mono' }, when(begun, x))),
    x.state === 'running' && x.waits && h('p', { class: 'waits' }, 'waits for ' + x.waits),
    open && h('div', { class: 'more' },
      x.state === 'failed' && h('p', { class: 'x' }, x.got || 'It failed.'), x.state === 'refused' && h('p', { class: 'a' }, 'refused: ' + (x.got || '')),
      x.state !== 'failed' && x.state !== 'refused' && h('p', null, x.got || (x.state === 'waiting' ? 'Not played yet.' : 'Nothing more to say.')),
      h('p', { class: 'mono' }, [!x.hand && `line ${x.line}${x.file ? ' of ' + x.file : ''}`, played(x) && x.state !== 'running' && `took ${x.ms} ms`].filter(Boolean).join(' · ')),
      s.failures[x.n] && known(s.failures[x.n])));
}

const bare = (name) => String(name || '').replace(/\.txtar$/, '');

function runs(s, tools) {
  const all = s.ui.runs;
  if (!all) return h('p', { class: 'empty' }, 'Asking for the runs…');
  if (!all.length) return h('p', { class: 'empty' }, 'No run is over yet.');
  return h('ol', { class: 'steps runs' }, all.toReversed().map((r) => h('li', { key: r.run, class: r.ok ? 'ok' : 'failed' },
    h('div', { class: 'ln' }, sign(r.ok ? 'check' : 'cross', r.ok ? 'g' : 'x'), h('span', { class: 'sr' }, r.ok ? 'passed: ' : 'failed: '),
      h('span', { class: 'tx' }, bare(r.scenario)),
      h('button', { type: 'button', class: 'chip', 'aria-label': 'Again, ' + bare(r.scenario), onclick: () => tools.play('restart ' + r.scenario) }, 'Again')),
    h('p', { class: 'waits', title: r.dir || null }, `run ${r.run} · seed ${r.seed} · ${clock(r.t)}`),
    r.failed && h('p', { class: 'waits x' }, 'failed: ' + r.failed))));
}

/** What was asked for, and shown, of each root. */
const asked = new WeakMap();

function askRuns(root, s, tools) {
  const was = asked.get(root) || {}, about = s.run + ' ' + s.over + ' ' + s.failed;
  if (s.ui.tab !== 'runs' || was.runs === about) return;
  asked.set(root, { ...was, runs: about });
  fetch('/api/runs').then((a) => a.json()).then((list) => tools.tell({ kind: 'ui.runs', data: { runs: Array.isArray(list) ? list : [] } }))
    .catch(() => tools.tell({ kind: 'ui.runs', data: { runs: [] } }));
}

function follow(root, s) {
  const now = running(s)?.n ?? (s.failed ? openOf(s) : null), was = asked.get(root) || {}, box = root.querySelector('.list');
  if (now === null || was.at === now || !box) return;
  asked.set(root, { ...was, at: now });
  const li = box.querySelector(`[data-n="${now}"]`);
  if (li) box.scrollTop = li.offsetTop - box.offsetTop - (box.clientHeight - Math.min(li.offsetHeight, box.clientHeight)) / 2;
}

function paint(root, s, tools) {
  const all = listed(s), begun = all.find(played), count = (state) => all.filter((x) => x.state === state).length, bad = count('failed');
  render(root,
    h('div', { class: 'ph' }, icon('route'), h('h2', null, title),
      h('div', { class: 'r' }, h('span', { class: 'tally' }, `${count('ok') + count('refused')} ok · `, h('span', { class: bad ? 'x' : '' }, `${bad} failed`)),
        h('button', { type: 'button', class: 'chip', 'aria-pressed': String(s.ui.tab === 'runs'), title: 'Runs so far', onclick: () => tools.tell({ kind: 'ui.tab', data: { tab: s.ui.tab === 'runs' ? 'steps' : 'runs' } }) }, 'Runs'))),
    h('div', { class: 'list scroll', tabindex: 0, role: 'region', 'aria-label': s.ui.tab === 'runs' ? 'Runs' : 'Steps' },
      s.breaches.length > 0 && h('p', { class: 'breach', role: 'alert', title: s.breaches.join('\n') }, icon('warn', 14), h('span', null, `Against the contract${s.breaches.length > 1 ? `, ${s.breaches.length} times` : ''}: ${s.breaches.at(-1)}`)),
      s.ui.tab === 'runs' ? runs(s, tools)
        : all.length ? h('ol', { class: 'steps' }, all.map((x) => step(s, x, begun, tools)))
          : h('p', { class: 'empty' }, 'No line yet. Choose a scenario, or say a line below.')),
    commandLine(s.ui, tools));
  askRuns(root, s, tools);
  follow(root, s);
}

export const draw = calm(150, paint);
