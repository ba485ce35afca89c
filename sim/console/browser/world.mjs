// A world of its own for each test: gloveboxsim serve, and a browser that looks at it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

// patience is how long anything may take on a machine that is slow and busy.
export const patience = 150_000;

// flags keep the browser from calling anywhere.
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

// serve plays a scenario, given as text, and ends with the test. It resolves once the world is ready:
// url is the page's, events are the lines that it prints.
export async function serve(t, text, args = []) {
  const dir = await mkdtemp(join(tmpdir(), 'console-'));
  const file = join(dir, 'test.txtar');
  await writeFile(file, text);
  const child = spawn(join(root, 'bin', 'gloveboxsim'), ['serve', '--listen', '127.0.0.1:0', ...args, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', chunk => { said += chunk; });
  const over = new Promise(done => child.on('exit', done));
  t.after(async () => {
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
  return { url, child };
}

// browse opens a browser that ends with the test. requests are the addresses of all that its pages
// asked for.
export async function browse(t, options = {}) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
  t.after(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1920, height: 1256 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(patience);
  const requests = [];
  const problems = [];
  context.on('request', r => requests.push(r.url()));
  context.on('weberror', e => problems.push(String(e.error())));
  return { context, requests, problems };
}

// open opens a page and waits until all that is retained was drawn.
export async function open(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForSelector('html[data-ready]', { state: 'attached' });
  return page;
}

// view is the address of a page of one panel.
export const view = (url, name) => new URL(`/view/${name}${new URL(url).search}`, url).href;

// command says a line of the scenario language, as the page does.
export const command = (page, line) => page.evaluate(async line => {
  const app = await import('/app.js');
  return app.cmd(line);
}, line);

// picture keeps what a page looks like, in out/pictures; docs/ shows the best.
export const picture = (page, name) => page.screenshot({ path: join(root, 'out', 'pictures', `${name}.png`) });

// until waits for what cannot be waited for otherwise.
export async function until(holds) {
  for (const end = Date.now() + patience; ;) {
    if (await holds()) return;
    if (Date.now() > end) throw new Error(`it never came: ${holds}`);
    await new Promise(done => setTimeout(done, 100));
  }
}

// stream reads the events of a view as a page does, past the browser. It ends with the test.
export async function stream(t, context, url, name, after) {
  const cookies = (await context.cookies(url)).map(c => `${c.name}=${c.value}`).join('; ');
  const control = new AbortController();
  t.after(() => control.abort());
  const answer = await fetch(new URL(`/api/events?view=${encodeURIComponent(name)}`, url), {
    headers: { Cookie: cookies, ...(after ? { 'Last-Event-ID': after } : {}) }, signal: control.signal,
  });
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  const events = [];
  let text = '', rest = '';
  (async () => {
    const decoder = new TextDecoder();
    for await (const part of answer.body) {
      const more = decoder.decode(part, { stream: true });
      text += more;
      const blocks = (rest + more).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const e = {};
        for (const line of block.split('\n')) {
          const [, field, value] = /^(id|event|data): ?(.*)$/.exec(line) || [];
          if (field) e[field] = field === 'data' ? JSON.parse(value) : value;
        }
        if (e.event) events.push(e);
      }
    }
  })().catch(() => {});
  return { events, bytes: () => text, end: () => control.abort() };
}
