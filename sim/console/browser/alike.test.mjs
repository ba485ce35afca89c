// Whatever the cause, a phone without a place says the same: the drives of this file are
// played side by side, and compared.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { browse, look } from './browser.mjs';
import { off, scene } from './scenes.mjs';
import { patience, serve, until } from './world.mjs';

const views = ['phone/anna', 'phone/lea', 'phone/jonas', 'workshop'];

// drives are how a place is missing: from the beginning, or by what is broken on the way.
const drives = {
  guest: { lines: ['guest', ...off], broken: [] },
  'no position': { lines: ['login lea', 'level no-position', ...off], broken: [] },
  offline: { lines: ['login lea', ...off], broken: ['fault offline'] },
  tunnel: { lines: ['login lea', ...off], broken: ['fault gnss', 'fault offline'] },
  'GNSS lost': { lines: ['login lea', ...off], broken: ['fault gnss'] },
};

// drive plays one until Anna's and Lea's phones have no place, and reads what they show.
async function drive(t, browser, name, { lines, broken }) {
  const world = await serve(t, scene()), streams = {};
  for (const view of views) streams[view] = await world.stream(view);
  // A limited user is told of battery and range while the car stands.
  for (const view of views.slice(0, 3)) await streams[view].when(s => s.all('phone').some(p => /StateOfCharge/.test(Object.keys(p.values))));
  await world.say('wait 11s', ...lines); // two slots: all of it is there
  const placed = () => ['phone/anna', 'phone/lea'].filter(view => streams[view].newest('phone')?.place).length;
  let before = '';
  if (broken.length) {
    await until(() => placed() === 2, 'both phones show the place');
    const page = await browser.open(world.view('phone/jonas'));
    await page.getByText(/\d+ km/).first().waitFor();
    await page.close();
    before = await shown(browser, world, 'phone/jonas');
    await world.say(...broken);
  }
  await until(() => placed() === 0, 'no phone shows a place');
  return { world, streams, before };
}

// shown is the text of a view, as a page of its own has it; without the trips, which end
// when somebody drove long enough without a place.
async function shown(browser, world, view) {
  const page = await browser.open(world.view(view));
  if (/anna|lea/.test(view)) await page.getByText('No position right now').waitFor();
  const text = plain(await page.locator('main').innerText()).replace(/^Trips\n(?!Chat)[^]*?(?=^Car$)/m, '');
  await page.close();
  return text;
}

// plain is what is left of a text without times and amounts, which differ from drive to drive.
const plain = text => text.replace(/\d\d:\d\d(:\d\d)?/g, 'TIME').replace(/[\d.]+ ?(%|km)/g, 'N $1');

// said is what a stream told last of a phone or the workshop, without times, ids and amounts.
const said = stream => JSON.stringify(stream.events.filter(e => /phone|workshop/.test(e.event)).at(-1)?.data).replace(/\d+(\.\d+)?/g, 'N');

const kinds = stream => [...new Set(stream.events.map(e => e.event))].sort().join(' ');

test('a phone without a place shows the same, whatever the cause', { timeout: 8 * patience }, async t => {
  const browser = await browse(t);
  const names = Object.keys(drives), played = await Promise.all(names.map(name => drive(t, browser, name, drives[name])));
  const all = Object.fromEntries(names.map((name, i) => [name, played[i]])), { guest } = all;
  const texts = {};
  for (const view of views) texts[view] = await shown(browser, guest.world, view);

  await t.test('a guest and no position, in texts and streams', async () => {
    const without = all['no position'];
    for (const view of views) {
      await until(() => { assert.equal(said(guest.streams[view]), said(without.streams[view])); return true; }, `the same stream: ${view}`);
      assert.equal(await shown(browser, guest.world, view), await shown(browser, without.world, view), view);
      assert.equal(kinds(guest.streams[view]), kinds(without.streams[view]), view);
      assert.doesNotMatch(texts[view], /guest|\blevel\b|driver/i, view);
      assert.doesNotMatch(guest.streams[view].bytes, /guest|"level|driver"/i, view);
    }
  });

  for (const name of ['offline', 'tunnel', 'GNSS lost']) {
    await t.test(`${name}, and a guest`, async () => {
      for (const view of ['phone/anna', 'phone/lea']) {
        assert.equal(await shown(browser, all[name].world, view), texts[view], view);
        assert.doesNotMatch(texts[view], /\bago\b|since|last|old|offline|tunnel|GNSS|satellite|network|connection/i, view);
      }
      assert.equal(await shown(browser, all[name].world, 'phone/jonas'), all[name].before, 'Jonas’s phone does not change');
    });
  }

  const page = await browser.open(all.offline.world.url); // side by side
  await page.locator('[data-panel=phone]').getByText('No position right now').nth(1).waitFor();
  await look(page, 'phones-without-place', '[data-panel=phone]');
});
