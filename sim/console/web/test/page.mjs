// A document that is just large enough to draw panels without a browser.

class Node {
  parentNode = null;
  childNodes = [];
  get firstChild() { return this.childNodes[0] ?? null; }
  get nextSibling() { const all = this.parentNode?.childNodes ?? []; return all[all.indexOf(this) + 1] ?? null; }
  remove() {
    if (this.parentNode) this.parentNode.childNodes.splice(this.parentNode.childNodes.indexOf(this), 1);
    this.parentNode = null;
  }
  insertBefore(node, before) {
    node.remove();
    node.parentNode = this;
    this.childNodes.splice(before ? this.childNodes.indexOf(before) : this.childNodes.length, 0, node);
  }
  replaceChildren(...nodes) {
    for (const n of [...this.childNodes]) n.remove();
    for (const n of nodes) this.insertBefore(n, null);
  }
  get textContent() { return this.nodeType === 3 ? this.data : this.childNodes.map((n) => n.textContent).join(' '); }
}

class Text extends Node {
  nodeType = 3;
  constructor(data) { super(); this.data = data; }
}

class Element extends Node {
  nodeType = 1;
  attributes = {};
  style = { setProperty() {}, removeProperty() {} };
  constructor(tag, namespace) { super(); this.tag = tag; this.namespaceURI = namespace; }
  setAttribute(name, value) { this.attributes[name] = value; }
  removeAttribute(name) { delete this.attributes[name]; }
  attachShadow() { return new Element('shadow'); }
  focus() {}
  /** all is this element and all below it that fit. */
  all(fits) { return [this, ...this.childNodes.filter((n) => n.nodeType === 1)].flatMap((n) => n === this ? (fits(n) ? [n] : []) : n.all(fits)); }
  /** button is the one that says so. */
  button(text) { return this.all((e) => e.tag === 'button' && (e.textContent.trim() === text || e.attributes['aria-label'] === text))[0]; }
  /** words are all that a person or a screen reader is told. */
  words() { return this.textContent + ' ' + this.all((e) => true).flatMap((e) => ['aria-label', 'title', 'placeholder'].map((a) => e.attributes[a] || '')).join(' '); }
}

globalThis.document = { createElement: (tag) => new Element(tag), createElementNS: (namespace, tag) => new Element(tag, namespace), createTextNode: (data) => new Text(data) };
globalThis.fetch ??= () => Promise.reject(new Error('no server'));

export const root = () => new Element('section');

/**
 * panel draws a panel into a root and plays events to it. Lines that it says are in said.
 */
export function panel(module, view = 'console') {
  const p = { root: root(), said: [], state: module.reduce(undefined, { id: 0, kind: 'reset', data: {} }) };
  const tools = {
    view, cmd: async () => ({ ok: true }), play: async () => ({ ok: true }), say() {}, subscribe() {}, state: () => new Map(),
    tell: (e) => p.play([e.kind, e.data]), act: async (line) => { p.said.push(line); return { ok: true }; },
  };
  p.play = (...events) => {
    for (const [kind, data, at] of events) p.state = module.reduce(p.state, { id: 1, kind, data: data || {}, at });
    module.draw(p.root, p.state, tools);
    return p;
  };
  return p.play();
}
