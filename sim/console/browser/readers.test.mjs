// What the phones show is what lies in their mailbox.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { browse } from './browser.mjs';
import { digits, off, scene, timeless } from './scenes.mjs';
import { patience, serve } from './world.mjs';

test('a shared drive: the place moves for main and shared, and nothing of it reaches the limited phone', { timeout: 3 * patience }, async t => {
  const world = await serve(t, scene('login anna', ...off));
  const browser = await browse(t);
  const limited = await world.stream('phone/jonas'), truth = await world.stream();
  for (const name of ['anna', 'lea']) {
    const page = await browser.open(world.view(`phone/${name}`)), mailbox = await world.stream(`phone/${name}`);
    await page.getByText('live').first().waitFor();
    const places = new Set();
    await mailbox.when(async () => {
      places.add(await page.locator('[data-lat]').getAttribute('data-lat'));
      return places.size > 3;
    });
    mailbox.end();
    await page.close();
  }
  const main = await world.snapshot('phone/anna');
  await limited.when(() => Object.keys(limited.newest('phone')?.values || {}).length > 3);
  const jonas = await browser.open(world.view('phone/jonas'));
  await jonas.getByText('Position is limited').waitFor();
  const text = await jonas.content();

  const been = truth.all('truth'), streets = new Set(truth.all('nav').flatMap(n => [n.street, n.next?.street]).filter(Boolean));
  assert.ok(been.length > 20, `the car was seen at ${been.length} places`);
  const told = new Set(been.flatMap(at => [...digits(at.lat), ...digits(at.lon)]));
  const found = where => [...told].filter(d => timeless(where).includes(d));
  assert.notDeepEqual(found(main), [], 'the same search finds the place on the main user’s phone');
  assert.deepEqual(found(limited.bytes), [], 'coordinates in the limited phone’s stream');
  assert.deepEqual(found(text.replace(/<svg.*?<\/svg>/gs, '')), [], 'coordinates on the limited phone');
  for (const street of streets) assert.ok(!limited.bytes.includes(street) && !text.includes(street), street);
  // Distances come in steps: of 50 km the range, of 10 km what the car has run.
  const exact = Object.entries(limited.newest('phone').values).filter(([path, value]) => /Range|Odometer|TraveledDistance/i.test(path) && Number(value) % 10);
  assert.deepEqual(exact, [], 'exact distances in the limited phone’s stream');
  assert.doesNotMatch(await jonas.locator('main').innerText(), /\d m\b|\d\.\d km/, 'an exact distance on the limited phone');
});
