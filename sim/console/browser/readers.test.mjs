// What the phones show is what lies in their mailbox.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { away, digits, timeless } from './scenes.mjs';
import { browse, open, patience, serve, stream, until, view } from './world.mjs';

test('a shared drive: the place moves for main and shared, and no byte of it reaches the limited phone', async t => {
  const { url } = await serve(t, away('login anna'));
  const { context } = await browse(t);
  await (await open(context, url)).close(); // five windows are left, and the cookie
  const limited = await stream(t, context, url, 'phone/jonas');
  const main = await stream(t, context, url, 'phone/anna');
  const truth = await stream(t, context, url, 'console');
  const anna = await open(context, view(url, 'phone/anna'));
  const places = () => main.events.filter(e => e.event === 'phone' && e.data.place).map(e => `${e.data.place.lat},${e.data.place.lon}`);
  await until(() => new Set(places()).size > 5);
  await anna.getByText('live', { exact: false }).first().waitFor();
  await until(() => limited.events.some(e => e.event === 'phone' && Object.keys(e.data.values || {}).length > 0));
  const jonas = await open(context, view(url, 'phone/jonas'));
  await jonas.getByText('Position is limited').waitFor();

  for (const one of [limited, main, truth]) one.end();
  const been = truth.events.filter(e => e.event === 'truth');
  assert.ok(been.length > 20, `the car was seen at ${been.length} places`);
  const told = new Set(been.flatMap(e => [...digits(e.data.lat), ...digits(e.data.lon)]));
  const found = [...told].filter(d => timeless(limited.bytes()).includes(d));
  assert.deepEqual(found, [], 'coordinates in the limited phone\'s stream');
  assert.ok([...told].some(d => timeless(main.bytes()).includes(d)), 'the same search finds the place on the main user\'s phone');
  const text = await jonas.locator('body').innerText();
  assert.ok(![...told].some(d => text.includes(d)), 'coordinates on the limited phone');
  assert.ok(!/\d+ m\b/.test(text), 'a distance on the limited phone');
}, { timeout: 3 * patience });
