// Every demonstration plays on the page to its end, as it does headless.
import { strict as assert } from 'node:assert';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { browse, look } from './browser.mjs';
import { patience, root, serve } from './world.mjs';

const folder = 'sim/scenarios/demo';

test('each demonstration plays on the page', { timeout: 6 * patience, concurrency: true }, async t => {
  const browser = await browse(t, { viewport: { width: 1280, height: 900 } });
  const names = (await readdir(join(root, folder))).filter(name => name.endsWith('.txtar'));
  assert.ok(names.length >= 7, names.join());
  await Promise.all(names.map(name => t.test(name, { concurrency: false }, async t => {
    const world = await serve(t, `${folder}/${name}`);
    const page = await browser.open(world.url), stream = await world.stream();
    await stream.when(() => stream.newest('world')?.over);
    const failed = stream.all('step', s => s.state === 'failed').map(s => `${s.line}: ${s.text}: ${s.got}`);
    assert.deepEqual(failed, []);
    assert.deepEqual(stream.all('breach'), []);
    const { ok } = stream.newest('world');
    await page.locator('[data-panel=scenario]').getByText(`${ok} ok · 0 failed`).waitFor();
    await look(page, `demo-${name.replace('.txtar', '')}`);
    await page.close();
    if (name === 'family-week.txtar') await trips(await browser.open(world.view('hmi')));
  })));
});

async function trips(page) {
  await page.setViewportSize({ width: 1180, height: 704 });
  await page.getByRole('button', { name: 'Trips' }).click();
  await page.locator('.rows .row').getByText('in the car only').first().waitFor(); // of Friday
  await look(page, 'hmi-trips', '[data-panel=hmi]');
  await page.getByRole('button', { name: 'Not assigned' }).click();
  await page.locator('.rows .row').getByText('assigned to Jonas').waitFor();
  await look(page, 'hmi-trips-not-assigned', '[data-panel=hmi]');
}

test('a page in a busy drive keeps no key waiting', { timeout: 3 * patience }, async t => {
  const world = await serve(t, `${folder}/secondary-drive.txtar`);
  const browser = await browse(t, { reducedMotion: 'no-preference' });
  await browser.context.addInitScript(() => {
    globalThis.tasks = [];
    new PerformanceObserver(list => globalThis.tasks.push(...list.getEntries().map(e => e.duration))).observe({ type: 'longtask' });
  });
  const page = await browser.open(world.url), stream = await world.stream();
  await stream.when(() => stream.newest('world').phase === 'driving');
  await page.evaluate(() => { globalThis.tasks.length = 0; });
  const from = stream.events.length, since = performance.now();
  await stream.when(() => stream.events.length > from + 1000);
  const seconds = (performance.now() - since) / 1000, tasks = await page.evaluate(() => globalThis.tasks);
  const longest = Math.round(Math.max(0, ...tasks));
  t.diagnostic(`${Math.round((stream.events.length - from) / seconds)} events a second, ${tasks.length} tasks over 50 ms in ${seconds.toFixed(0)} s, the longest ${longest} ms`);
  assert.ok(longest < 3000, `a task of ${longest} ms`);
});
