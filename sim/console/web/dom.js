// Elements from values: h makes a description, render makes an element's
// children equal to it and touches nothing that is equal already, so focus,
// scrolling and what is typed stay. All text goes in as text, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @typedef {{tag: string, props: Object<string, *>, kids: Node[], key: *}} Element
 * @typedef {Element | string} Node
 *
 * h describes an element. Children may be nested lists; null, false and true say nothing.
 * Props: on* are listeners, style is an object, key tells siblings apart,
 * made is called once with the new element, opaque leaves its children alone, shadow
 * is a tree of its own in the element, which the page's own styles and scripts do not see.
 * @param {string} tag
 * @param {Object<string, *>|null} [props]
 * @param {...*} kids
 * @returns {Element}
 */
export function h(tag, props, ...kids) {
  return { tag, props: props || {}, kids: flat(kids, []), key: props?.key };
}

function flat(kids, out) {
  for (const k of kids) {
    if (Array.isArray(k)) flat(k, out);
    else if (k != null && k !== false && k !== true) out.push(typeof k === 'object' ? k : String(k));
  }
  return out;
}

/** icon is a drawing of index.html, hidden from readers. */
export const icon = (name, size, cls) =>
  h('svg', { class: 'ic' + (cls ? ' ' + cls : ''), 'aria-hidden': 'true', style: size ? { width: size + 'px', height: size + 'px' } : null },
    h('use', { href: '#i-' + name }));

/** render makes root's children equal to what nodes describes. */
export function render(root, ...nodes) {
  kids(root, flat(nodes, []), root.namespaceURI === SVG);
}

function kids(parent, want, inSVG) {
  const keyed = new Map();
  for (const e of parent.childNodes) if (e.$v?.key != null) keyed.set(e.$v.key, e);
  // What is no longer wanted goes first: an element that is moved loses its focus.
  const wanted = new Set(want.map((v) => v.key));
  for (const [key, e] of keyed) if (!wanted.has(key)) e.remove();
  let at = parent.firstChild;
  for (const v of want) {
    let e = null;
    if (v.key != null) e = keyed.get(v.key);
    else if (at && at.$v?.key == null) e = at;
    if (e && !fits(e, v)) e = null;
    if (!e) {
      e = make(v, inSVG);
      parent.insertBefore(e, at);
    } else if (e === at) {
      at = at.nextSibling;
    } else {
      parent.insertBefore(e, at);
    }
    patch(e, v, inSVG);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const fits = (e, v) => typeof v === 'string' ? e.nodeType === 3 : e.nodeType === 1 && e.$v?.tag === v.tag && e.$v.key === v.key;

function make(v, inSVG) {
  if (typeof v === 'string') return document.createTextNode(v);
  const e = inSVG || v.tag === 'svg' ? document.createElementNS(SVG, v.tag) : document.createElement(v.tag);
  e.$v = { tag: v.tag, key: v.key, props: {}, kids: [] };
  if (v.props.made) queueMicrotask(() => v.props.made(e));
  return e;
}

function patch(e, v, inSVG) {
  if (typeof v === 'string') {
    if (e.data !== v) e.data = v;
    return;
  }
  const svg = inSVG || v.tag === 'svg', was = e.$v.props;
  for (const name in was) if (!(name in v.props)) set(e, v.tag, name, null, was[name], svg);
  for (const name in v.props) set(e, v.tag, name, v.props[name], was[name], svg);
  e.$v = v;
  if (!v.props.opaque) kids(e, v.kids, svg && v.tag !== 'foreignObject');
  if (v.tag === 'select') set(e, v.tag, 'value', v.props.value); // now that it has options
}

function set(e, tag, name, value, was, svg) {
  if (name === 'key' || name === 'made' || name === 'opaque') return;
  if (name === 'shadow') {
    e.$shadow ??= e.attachShadow({ mode: 'closed' });
    e.$shadow.adoptedStyleSheets = value.sheets;
    return render(e.$shadow, value.nodes);
  }
  if (name === 'scrollTop' && value === was) return;
  if (name === 'value' && tag !== 'option' || name === 'checked' || name === 'scrollTop') { // an option without the attribute has its text as value
    if (value != null && e[name] !== value) e[name] = value;
    return;
  }
  if (name === 'style') {
    for (const k in was) if (!value || !(k in value)) e.style.removeProperty(k);
    for (const k in value) if (!was || was[k] !== value[k]) e.style.setProperty(k, value[k]);
    return;
  }
  if (value === was) return;
  if (name.startsWith('on')) e[name.toLowerCase()] = value || null;
  else if (value == null || value === false) e.removeAttribute(name);
  else e.setAttribute(name, value === true ? '' : String(value));
}
