// A world of its own for a test: gloveboxsim serve, and what is asked of it past any browser.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

// patience is how long anything may take on a machine that is slow and busy.
export const patience = Number(process.env.PATIENCE || 150) * 1000;

// until waits for what cannot be waited for otherwise. What throws does not hold yet.
export async function until(holds, what = holds) {
  let wrong = '';
  for (const end = Date.now() + patience; ;) {
    try {
      if (await holds()) return;
    } catch (err) {
      wrong = `: ${err.message}`;
    }
    if (Date.now() > end) throw new Error(`it never came: ${what}${wrong}`);
    await new Promise(done => setTimeout(done, 50));
  }
}

const ends = new WeakMap();

// gone are the origins of worlds that a test has ended: a page that is still open may ask in vain.
export const gone = new Set();

// ending has a test end what it began, the newest first.
export function ending(t, end) {
  if (!ends.has(t)) {
    ends.set(t, []);
    t.after(async () => { for (const e of ends.get(t).toReversed()) await e(); });
  }
  ends.get(t).push(end);
}

// serve plays a scenario, a text or the name of a file, and ends with the test. It
// resolves once the world is ready.
export async function serve(t, scenario, ...args) {
  const dir = await mkdtemp(join(tmpdir(), 'console-'));
  const file = scenario.includes('\n') ? join(dir, 'test.txtar') : join(root, scenario);
  if (scenario.includes('\n')) await writeFile(file, scenario);
  const child = spawn(join(root, 'bin', 'gloveboxsim'), ['serve', '--listen', '127.0.0.1:0', '--patience', '4', ...args, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', chunk => { said += chunk; });
  const over = new Promise(done => child.on('exit', done));
  let origin;
  ending(t, async () => {
    if (origin) gone.add(origin);
    child.kill('SIGINT');
    await over;
    await rm(dir, { recursive: true, force: true });
  });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((found, failed) => {
    lines.on('line', line => {
      const match = /^ready .*\burl=(\S+)/.exec(line);
      if (match) found(match[1]);
    });
    over.then(code => failed(new Error(`serve ended with ${code}: ${said}`)));
  });
  origin = new URL(url).origin;
  return Object.assign(new World(t, url), { child });
}

// World is what programs ask of the console: it has the cookie and the token of a page.
class World {
  #t;
  #cookie;
  #token;

  constructor(t, url) {
    this.#t = t;
    this.url = url;
    this.origin = new URL(url).origin;
  }

  // view is the address of a page of one panel.
  view(name) {
    return new URL(`/view/${name}${new URL(this.url).search}`, this.url).href;
  }

  async get(path, headers = {}) {
    this.#cookie ??= fetch(this.url, { redirect: 'manual' }).then(a => a.headers.getSetCookie().map(c => c.split(';')[0]).join('; '));
    return fetch(new URL(path, this.url), { ...headers, headers: { Cookie: await this.#cookie, ...headers.headers } });
  }

  // ask posts a line of the scenario language, or a word to the player, as the page does.
  async ask(line, to = '/api/cmd') {
    this.#token ??= this.get('/api/token').then(a => a.text());
    return (await this.get(to, { method: 'POST', body: line, headers: { 'X-Glovebox': (await this.#token).trim() } })).json();
  }

  // say says lines that must go well.
  async say(...lines) {
    for (const line of lines) {
      const answer = await this.ask(line);
      if (!answer.ok) throw new Error(`${line}: ${answer.error}`);
    }
  }

  // stream reads the events of a view as a page does. It ends with the test.
  async stream(name = 'console', after = '') {
    const control = new AbortController();
    ending(this.#t, () => control.abort());
    const answer = await this.get(`/api/events?view=${encodeURIComponent(name)}`, { headers: after ? { 'Last-Event-ID': after } : {}, signal: control.signal });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return new Stream(answer.body, control);
  }

  // snapshot is all that a view is told at first, as bytes.
  async snapshot(name) {
    const s = await this.stream(name);
    await s.when(() => s.events.some(e => e.event === 'ready'));
    s.end();
    return s.bytes;
  }
}

// Stream is what came so far: its bytes, and the events in them.
class Stream {
  events = [];
  bytes = '';
  #control;

  constructor(body, control) {
    this.#control = control;
    this.#read(body).catch(() => {});
  }

  async #read(body) {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const part of body) {
      const more = decoder.decode(part, { stream: true });
      this.bytes += more;
      const blocks = (rest + more).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) this.#take(block);
    }
  }

  #take(block) {
    const e = {};
    for (const line of block.split('\n')) {
      const [, field, value] = /^(id|event|data): ?(.*)$/.exec(line) || [];
      if (field) e[field] = field === 'data' ? JSON.parse(value) : value;
    }
    if (e.event) this.events.push(e);
  }

  // all is the data of the events of a kind, that are like that.
  all(kind, like = () => true) {
    return this.events.filter(e => e.event === kind && like(e.data)).map(e => e.data);
  }

  newest(kind, like) {
    return this.all(kind, like).at(-1);
  }

  when(holds) {
    return until(() => holds(this), holds);
  }

  end() {
    this.#control.abort();
  }
}
