// Decisions of the ledger: the entries as they come, gathered into rows that people
// read. Nothing here knows the page.
//
// An entry is of one reader; a row is what was decided of one class in one minute,
// for all readers at once.

/** @typedef {{id: number, who: string, t: string, class: string, reader: string, letter: string, message: string, outcome: string,
 *   rule: string, limited_by: string[], count: number, words: string, value: *, copy: boolean}} Entry */

const chunk = 64;
/** How many entries are kept: as many as the log retains. */
export const most = 2000;

/** @typedef {{chunks: Entry[][], size: number, newest: Object<string, number>, tally: Object<string, number>}} Entries */

/** @returns {Entries} */
export const noEntries = () => ({ chunks: [], size: 0, newest: {}, tally: {} });

/**
 * add takes an entry, new or told again: of a person and an id the newest holds.
 * Old values stay as they are; only the chunk that changes is copied.
 * @param {Entries} e
 * @param {Entry} entry
 * @returns {Entries}
 */
export function add(e, entry) {
  if (entry.id <= (e.newest[entry.who] || 0)) {
    for (let c = e.chunks.length - 1; c >= 0; c--) {
      const at = e.chunks[c].findIndex((x) => same(x, entry));
      if (at < 0) continue;
      const was = e.chunks[c][at], chunks = e.chunks.slice();
      chunks[c] = chunks[c].slice();
      chunks[c][at] = entry;
      return { ...e, chunks, tally: counted(counted(e.tally, was.outcome, -1), entry.outcome, 1) };
    }
  }
  const chunks = e.chunks.slice(), last = chunks.at(-1);
  if (last && last.length < chunk) chunks[chunks.length - 1] = [...last, entry];
  else chunks.push([entry]);
  let size = e.size + 1, tally = counted(e.tally, entry.outcome, 1);
  if (size > most) {
    const [oldest, ...rest] = chunks[0];
    tally = counted(tally, oldest.outcome, -1);
    size--;
    if (rest.length) chunks[0] = rest;
    else chunks.shift();
  }
  return { chunks, size, tally, newest: { ...e.newest, [entry.who]: Math.max(entry.id, e.newest[entry.who] || 0) } };
}

// Each guest's ids begin at 1: the copy of an earlier guest's entry is another one.
const same = (x, y) => x.id === y.id && x.who === y.who && x.t === y.t && x.class === y.class && x.reader === y.reader && (!x.copy || y.copy);

const counted = (tally, outcome, by) => ({ ...tally, [outcome]: (tally[outcome] || 0) + by });

/** @typedef {{key: string, t: string, who: string, class: string, message: string, value: string, copy: boolean, entries: Entry[]}} Row */

/**
 * rows gathers entries, the newest row first. Each entry is in exactly one row: a
 * second decision for the same reader begins another row.
 * @param {Entries} e
 * @returns {Row[]}
 */
export function rows(e) {
  const open = new Map(), all = [];
  for (const entries of e.chunks) {
    for (const x of entries) {
      const about = [x.who, Boolean(x.copy), String(x.t).slice(0, 16), x.class, x.message].join('|');
      let row = open.get(about);
      if (!row || row.entries.some((y) => y.reader === x.reader)) {
        row = { key: x.who + ' ' + x.id + (x.copy ? ' copy ' + x.t : ''), t: x.t, who: x.who, class: x.class, message: x.message, value: '', copy: false, entries: [] };
        open.set(about, row);
        all.push(row);
      }
      row.entries.push(x);
      if (x.t > row.t) row.t = x.t;
      if (x.value != null && x.value !== '') row.value = typeof x.value === 'string' ? x.value : JSON.stringify(x.value);
      row.copy = row.copy || Boolean(x.copy);
    }
  }
  return all.reverse();
}

/**
 * sift keeps the rows that a filter wants: those with that outcome for somebody, or for
 * that reader, and with the text anywhere.
 * @param {Row[]} all
 * @param {{outcome: string, reader: string, text: string}} filter
 */
export function sift(all, { outcome, reader, text }) {
  const wanted = text.trim().toLowerCase();
  if (!outcome && !reader && !wanted) return all;
  return all.filter((row) => {
    const some = row.entries.some((x) => (!outcome || x.outcome === outcome) && (!reader || x.reader === reader));
    return some && (!wanted || haystack(row).includes(wanted));
  });
}

const haystack = (row) => [row.t, row.who, row.class, row.message, row.value,
  ...row.entries.flatMap((x) => [x.reader, x.outcome, x.rule, x.words])].join(' ').toLowerCase();

/** jsonl are the entries of rows as the log has them, the oldest first, one a line. @param {Row[]} shown */
export function jsonl(shown) {
  return shown.toReversed().flatMap((row) => row.entries).map((x) => JSON.stringify(x) + '\n').join('');
}

const order = 'MSLGW';
const rank = (r) => (order.indexOf(r.letter || '-') + 1) || 9;

/** readersOf are those of the entries, in the order of the roles. @param {Entries} e */
export function readersOf(e) {
  const seen = new Map();
  for (const entries of e.chunks) for (const x of entries) seen.set(x.reader, x.letter || '');
  return [...seen].map(([name, letter]) => ({ name, letter })).sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** why is the reason of a row in words: of what was kept back, where anything was. @param {Row} row */
export function why(row) {
  const entries = row.entries.toSorted((a, b) => rank(a) - rank(b)), kept = entries.filter((x) => x.outcome !== 'published' && x.words);
  const of = kept.length ? kept : entries;
  const all = [...new Set(of.map((x) => x.words || x.rule))];
  const words = joined(joined(joined(may(all), 'Not for ', 'anybody'), 'Coarser for ', 'everybody'), 'Taken back before it was sent to ', 'anybody').join(' · ');
  return words.replaceAll('shared users, limited users', 'shared and limited users').replaceAll('main user, shared users', 'main and shared users').replaceAll('main user, shared and', 'main, shared and');
}

/** may says at once who may have it. */
function may(all) {
  const ends = ' may have it', some = all.filter((w) => w.endsWith(ends));
  if (some.length < 2) return all;
  const who = some.map((w) => w.slice(0, -ends.length)).map((w, i) => i ? w.replace(/^The /, '').replace(/^./, (c) => c.toLowerCase()) : w).join(', ');
  return [(some.length > 4 ? 'Everybody' : who) + ends, ...all.filter((w) => !some.includes(w))];
}

/** joined says at once what begins alike; of five readers all. */
function joined(all, begins, whole) {
  const some = all.filter((w) => w.startsWith(begins));
  if (some.length < 2) return all;
  const who = some.length > 4 ? whole : some.map((w) => w.slice(begins.length).replace(/^the /, '')).join(', ');
  return [begins + who, ...all.filter((w) => !some.includes(w))];
}

const column = (rule) => String(rule || '').split('/')[1] || '';
const states = { guest_driving: 'a guest drives', no_position: 'the level is no position', offline: 'the level is offline' };

/**
 * facts are what the rules looked at: who drove, what a reader is, which state was on.
 * @param {Row} row
 * @returns {string[]}
 */
export function facts(row, proper) {
  const all = new Set(['driver ' + (row.who === 'guest' ? 'guest' : proper(row.who))]);
  for (const x of row.entries) {
    for (const c of [column(x.rule), ...(x.limited_by || [])]) {
      if (states[c]) all.add(states[c]);
      else if (c === 'limited_assigned') all.add(proper(x.reader) + ' is limited, and assigned');
      else if (c === 'limited') all.add(proper(x.reader) + ' is limited');
    }
  }
  return [...all];
}

/** rules are the cells that decided, each once. @param {Row} row */
export const rules = (row) => [...new Set(row.entries.map((x) => x.rule))].filter(Boolean);

/**
 * result says for whom it came to what, and how often.
 * @param {Row} row
 * @returns {{outcome: string, who: string[], count: number}[]}
 */
export function result(row, proper) {
  const by = new Map();
  for (const x of row.entries) {
    const r = by.get(x.outcome) || { outcome: x.outcome, who: [], count: 0 };
    r.who.push(proper(x.reader));
    r.count = Math.max(r.count, x.count || 1);
    by.set(x.outcome, r);
  }
  return [...by.values()];
}
