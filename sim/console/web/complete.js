// Completion of a line of the scenario language, from the usages that /api/words
// tells. Nothing here knows the page.
//
// A usage is a row of words, a|b for one of them, NAME for what is no word, X… for
// once or more, key=X, and [ … ] for what may be left out.

/** @typedef {{words: string[], name: string, many: boolean, key: string, group: Part[]|null}} Part */

/** @param {string} usage @returns {Part[]} */
export function parse(usage) {
  const root = [], stack = [root];
  for (const piece of usage.match(/\[|\]…?|[^\s[\]]+/g) || []) {
    if (piece === '[') {
      const group = [];
      stack.at(-1).push({ words: [], name: '', many: false, key: '', group });
      stack.push(group);
    } else if (piece[0] === ']') {
      stack.pop();
      if (!stack.length) return root;
    } else if (piece === '…') {
      const before = stack.at(-1).at(-1);
      if (before) before.many = true;
    } else {
      stack.at(-1).push(part(piece));
    }
  }
  return root;
}

function part(piece) {
  const many = piece.endsWith('…') && !piece.endsWith('|…'), bare = piece.replace(/\|?…$/, '');
  const key = /^([a-z-]+=)./.exec(bare)?.[1] || '';
  const words = !key && /^[a-z]/.test(bare) && !/\d/.test(bare) ? bare.split('|') : bare.includes('|') && !key ? bare.split('|') : [];
  return { words, name: words.length ? '' : bare, many, key, group: null };
}

const fits = (p, word) => p.key ? word.startsWith(p.key) : p.words.length ? p.words.includes(word) : true;

/** next are the parts of a usage that may stand behind those words. */
function next(parts, words, lines) {
  if (!parts.length) return [];
  const [p, ...rest] = parts;
  if (p.group) {
    const others = next(rest, words, lines);
    const inside = next([...p.group, ...rest], words, lines);
    return [...inside, ...others];
  }
  if (lines[p.name]) return lines[p.name](words, rest);
  if (!words.length) return [p];
  if (!fits(p, words[0])) return [];
  const after = next(rest, words.slice(1), lines);
  return p.many ? [...after, ...next(parts, words.slice(1), lines)] : after;
}

/**
 * complete lists how the last word of a line may go on, and what is wanted where
 * that is no word.
 * @param {Object<string, {word: string, usage: string}[]>} words of /api/words
 * @param {Object<string, string[]>} known names that the page knows: NAME, PATH, FILE.gpx
 * @param {string} text
 * @returns {{words: string[], wants: string[]}}
 */
export function complete(words, known, text) {
  const said = text.split(/\s+/), begun = said.pop() ?? '';
  const before = said.filter(Boolean);
  const all = new Set(), wants = new Set();
  const of = (table, said, behind = []) => (words[table] || []).flatMap(({ usage }) =>
    usage.split(' | ').flatMap((u) => next([...parse(u), ...behind], said, lines)));
  const lines = {
    COMMAND: (said, behind) => of('command', said, behind),
    CHECK: (said, behind) => of('check', said, behind),
    ACTION: (said, behind) => of(before.find((w) => w === 'app' || w === 'hmi' || w === 'workshop') || 'app', said, behind),
  };
  for (const p of of('command', before)) {
    if (p.words.length) p.words.forEach((w) => all.add(w));
    else if (p.key) all.add(p.key);
    else if (known[p.name]) known[p.name].forEach((w) => all.add(w));
    else wants.add(p.name);
  }
  return { words: [...all].filter((w) => w.startsWith(begun) && w !== begun).sort(), wants: begun ? [] : [...wants] };
}

/** finish puts a word in place of the one that was begun. */
export const finish = (text, word) => text.slice(0, text.search(/\S*$/)) + word + (word.endsWith('=') ? '' : ' ');
