// However a guest leaves, the head unit is back at the picker and has nothing of theirs.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { browse, look, ready } from './browser.mjs';
import { apart, getsOut, scene } from './scenes.mjs';
import { patience, serve } from './world.mjs';

// The guest's own, as a stream would say it.
const theirs = ['Heron Quay 4471', '"volume":73'];

const ways = {
  logout: { reason: 'logout', lines: [] }, // by the button
  timer: { config: 'config session.idle_after 6s', reason: 'left', lines: [] }, // nobody was seen
  door: { config: 'config session.leave_after 3s', reason: 'left', lines: apart('ignition on', ...getsOut) },
  lock: { reason: 'left', lines: apart('unlock', 'ignition on', ...getsOut, 'lock') }, // at once
  power: { reason: 'boot', lines: ['fault power'] },
};

test('each way of leaving', { timeout: 3 * patience, concurrency: true }, async t => {
  const browser = await browse(t, { viewport: { width: 1180, height: 704 } });
  await Promise.all(Object.entries(ways).map(([way, about]) => t.test(way, t => left(t, browser, way, about))));
});

async function left(t, browser, way, { config = 'config session.idle_after 10m', reason, lines }) {
  const world = await serve(t, scene(config, 'login anna', 'logout'));
  const page = await browser.open(world.view('hmi')), hmi = await world.stream('hmi');
  await world.say('guest', 'set navigation home {"name":"Heron Quay 4471","latitude":54.19,"longitude":6.62}', 'set radio volume 73');
  await page.getByText('Guest mode').first().waitFor();
  await page.getByText(/^Destinations\s*1$/).first().waitFor();
  await hmi.when(() => theirs.every(text => hmi.bytes.includes(text))); // so the search finds them while they are there
  await world.say(...lines);
  if (way === 'logout') await page.getByRole('button', { name: 'End guest mode' }).click();
  await page.getByText('Guest data erased').first().waitFor();
  await page.getByText('Who is driving?').first().waitFor();
  await hmi.when(() => hmi.newest('wheel').state === 'idle' && hmi.newest('wheel').wipe === 'clean');
  assert.equal(hmi.newest('wheel').reason, reason);
  if (way === 'power' || way === 'lock') await look(page, `hmi-guest-erased-by-${way}`, '[data-panel=hmi]');
  nothingOf(await page.content(), 'what the page shows');
  for (const view of ['hmi', 'phone/anna', 'phone/lea', 'phone/jonas', 'workshop']) nothingOf(await world.snapshot(view), view);
  await page.reload();
  await ready(page);
  await page.getByText('Who is driving?').first().waitFor();
  nothingOf(await page.content(), 'who opens it later');
  await page.close();
}

const nothingOf = (where, name) => assert.deepEqual(theirs.filter(text => where.includes(text)), [], name);
