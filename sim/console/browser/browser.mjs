// The browser that looks at a world, and what its pages must be: accessible, of one
// origin, without an error; and what they look like, as pictures.
import { strict as assert } from 'node:assert';
import { createRequire } from 'node:module';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { ending, gone, patience, root } from './world.mjs';

// flags keep the browser from calling anywhere.
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// browse opens a browser that ends with the test. At the end none of its pages asked for
// anything elsewhere, nor had an error, but for those that are meant to be.
export async function browse(t, { but = /^$/, ...options } = {}) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
  const context = await browser.newContext({ viewport: { width: 1920, height: 1256 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(patience);
  const requests = [], problems = [], origins = new Set();
  context.on('request', r => requests.push(r.url()));
  context.on('weberror', e => problems.push(String(e.error())));
  context.on('console', m => {
    const url = m.page()?.url() ?? 'about:blank';
    if (m.type() === 'error' && !gone.has(new URL(url).origin)) problems.push(`${url}: ${m.text()}`);
  });
  ending(t, async () => {
    await browser.close();
    assert.deepEqual(requests.filter(r => !r.startsWith('data:') && !origins.has(new URL(r).origin)), [], 'requests that leave the origin');
    assert.deepEqual(problems.filter(p => !but.test(p)), [], 'errors on the pages');
  });
  return {
    context, requests, problems,
    // open opens a page and waits until all that is retained was drawn.
    async open(url) {
      origins.add(new URL(url).origin);
      const page = await context.newPage();
      await page.goto(url);
      await ready(page);
      return page;
    },
  };
}

export const ready = page => page.waitForSelector('html[data-ready]', { state: 'attached' });

// violations are those of WCAG 2.1 A and AA, and contrasts outside a map that axe cannot
// decide; of a part of the page, or of the whole.
export async function violations(page, part) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(axe);
  const found = await page.evaluate(part => globalThis.axe.run(part || document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations', 'incomplete'] }), part);
  const names = nodes => nodes.map(n => n.target.join(' '));
  const undecided = names(found.incomplete.filter(r => r.id === 'color-contrast').flatMap(r => r.nodes)).filter(target => !/map|plane|town|svg/.test(target));
  return [...found.violations.map(v => `${v.id}: ${names(v.nodes).join(', ')}`), ...undecided.map(u => `contrast undecided: ${u}`)];
}

// best are the pictures of docs/pictures; with PICTURES=docs/pictures they are made anew.
const best = new Set([
  'console-dark', 'console-light', 'hmi-settings-main-dark', 'hmi-picker-key-dark', 'hmi-pin-wrong-dark', 'hmi-guest-dark',
  'hmi-guest-erased-by-power-dark', 'hmi-privacy-share-light', 'phones-without-place-dark', 'workshop-dark', 'ledger-opened-dark', 'scenario-failed-dark',
]);

async function shoot(page, name, part) {
  const dirs = [join(root, 'out', 'pictures'), ...(process.env.PICTURES && best.has(name) ? [join(root, process.env.PICTURES)] : [])];
  for (const dir of dirs) {
    const path = join(dir, `${name}.png`);
    await mkdir(dirname(path), { recursive: true });
    await (part ? page.locator(part).first() : page).screenshot({ path });
  }
}

// look keeps what a page, or a part of it, looks like, dark and light, in out/pictures,
// and finds it accessible in both.
export async function look(page, name, part) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await shoot(page, `${name}-${colorScheme}`, part);
    assert.deepEqual(await violations(page, part), [], `${name}, ${colorScheme}`);
  }
}
