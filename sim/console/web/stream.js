// What comes down the stream: the reader of server-sent events, and what is kept
// of them, as docs/console.md, Events, says. Nothing here knows the page.

/** How many of a kind are kept whose key counts. */
const counted = { ledger: 2000, plot: 1200, wire: 200, dbus: 200, log: 200, breach: 50 };

/**
 * keyOf is the key of an event: of a key the newest is kept.
 * @param {{id: number, kind: string, data: *}} e
 * @returns {string|number}
 */
export function keyOf({ id, kind, data: d }) {
  switch (kind) {
    case 'link': case 'phone': case 'fault': return d.name;
    case 'step': return d.n;
    case 'signal': return d.path;
    case 'frame': return d.bus + ' ' + d.id;
    case 'nmea': return String(d.text).split(',')[0];
    case 'ledger': return d.who + ' ' + d.id;
    case 'plot': case 'wire': case 'dbus': case 'log': case 'breach': return id;
  }
  return '';
}

/** Store keeps the newest of each key, by kind. */
export class Store {
  #kinds = new Map();

  /** @returns {Map<string|number, *>} key → data, in the order of the first event of each key */
  of(kind) {
    let m = this.#kinds.get(kind);
    if (!m) this.#kinds.set(kind, m = new Map());
    return m;
  }

  take(e) {
    if (e.kind === 'reset') {
      for (const m of this.#kinds.values()) m.clear();
      return;
    }
    const m = this.of(e.kind);
    m.set(keyOf(e), e.data);
    const most = counted[e.kind];
    if (most && m.size > most) m.delete(m.keys().next().value);
  }
}

/** Sieve lets each event through once: after a cut some may come again. */
export class Sieve {
  last = 0;      // the id to resume from
  #fresh = false; // between reset and ready ids may come in any order

  /** @returns {boolean} whether the event is a new one */
  take(e) {
    if (e.kind === 'reset') {
      this.#fresh = true;
      this.last = 0;
    } else if (e.kind === 'ready') {
      this.#fresh = false;
    } else if (!this.#fresh && e.id && e.id <= this.last) {
      return false;
    }
    if (e.id > this.last) this.last = e.id;
    return true;
  }
}

/**
 * Lines cuts the text of a stream into events, however it comes in pieces.
 * A comment (a heartbeat) is none; what is no JSON is left out.
 */
export class Lines {
  #rest = '';
  #id = 0;
  #kind = '';
  #data = [];

  /** @param {string} text @returns {{id: number, kind: string, data: *}[]} */
  take(text) {
    const events = [], lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop();
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') this.#end(events);
      const at = line.indexOf(':');
      if (at < 1) continue;
      const value = line.slice(at + 1).replace(/^ /, '');
      switch (line.slice(0, at)) {
        case 'id': this.#id = Number(value) || 0; break;
        case 'event': this.#kind = value; break;
        case 'data': this.#data.push(value); break;
      }
    }
    return events;
  }

  #end(events) {
    if (this.#kind) {
      try {
        events.push({ id: this.#id, kind: this.#kind, data: JSON.parse(this.#data.join('\n') || '{}') });
      } catch { /* left out */ }
    }
    this.#id = 0;
    this.#kind = '';
    this.#data = [];
  }
}
