// A guest's drive is to the outside a drive at no position.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { away, scene } from './scenes.mjs';
import { browse, command, open, patience, picture, serve, until, view } from './world.mjs';

const phones = ['phone/anna', 'phone/lea', 'phone/jonas', 'workshop'];

// seen is what the phones and the workshop show during a drive, once the places are gone: without times.
async function seen(t, text, before) {
  const { url } = await serve(t, text);
  const { context } = await browse(t);
  const page = await open(context, url);
  if (before) await before(page);
  const shown = {};
  for (const name of phones) {
    const p = await open(context, view(url, name));
    if (name === 'phone/anna' || name === 'phone/lea') await p.getByText('No position right now').first().waitFor();
    shown[name] = (await settled(p)).replace(/\d\d:\d\d(:\d\d)?/g, 'TIME').replace(/\d+ ?(%|km)/g, 'N $1');
    await p.close();
  }
  return shown;
}

// settled is the text of a page once nothing of it changed for two slots.
async function settled(page) {
  let before = '', since = Date.now();
  await until(async () => {
    const now = await page.locator('main').innerText();
    if (now !== before) [before, since] = [now, Date.now()];
    return Date.now() - since > 11_000;
  });
  return before;
}

test('guest and no position look alike from outside, and nothing names either', async t => {
  const guest = await seen(t, away('guest'));
  const without = await seen(t, scene('login lea', 'level no-position', 'ignition on', 'gear D', 'drive commute.gpx', 'sync'));
  for (const name of phones) {
    assert.equal(guest[name], without[name], name);
    assert.doesNotMatch(guest[name], /guest|\blevel\b|driver/i, name);
  }
}, { timeout: 5 * patience });

test('a guest sees nobody, and leaves nothing', async t => {
  const { url } = await serve(t, scene('guest', 'set radio volume 73'));
  const { context } = await browse(t);
  const hmi = await open(context, view(url, 'hmi'));
  await hmi.getByText('Guest mode').first().waitFor();
  assert.doesNotMatch(await hmi.locator('main').innerText(), /\b(Anna|Lea|Jonas)\b/);
  await picture(hmi, 'hmi-guest');
  const page = await open(context, url);
  assert.equal((await command(page, 'logout')).ok, true);
  await hmi.getByText('Guest data erased').first().waitFor();
  await picture(hmi, 'hmi-guest-erased');
  await hmi.reload();
  await hmi.getByText('Who is driving?').first().waitFor();
  assert.doesNotMatch(await hmi.content(), /\b73\b/);
}, { timeout: 3 * patience });
