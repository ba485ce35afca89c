// The head unit's panel.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { away, scene } from './scenes.mjs';
import { browse, command, open, patience, picture, serve, until, view } from './world.mjs';

test('lowering the level takes one click, and the phones lose the place', async t => {
  const { url } = await serve(t, away('login anna'));
  const { context } = await browse(t);
  const hmi = await open(context, view(url, 'hmi'));
  const anna = await open(context, view(url, 'phone/anna'));
  await hmi.getByText(/Position shared with 2/).first().waitFor();
  await hmi.getByRole('radio', { name: 'No position' }).first().click();
  await hmi.getByText('Position stays in the car').first().waitFor();
  await anna.getByText('No position right now').first().waitFor();
  await picture(hmi, 'hmi-no-position');
  await picture(anna, 'phone-no-position');
  assert.doesNotMatch(await anna.locator('main').innerText(), /ago|since|last/i);
}, { timeout: 3 * patience });

test('a wrong PIN says how many tries are left, then pauses', async t => {
  const { url } = await serve(t, scene('login lea', 'logout'));
  const { context } = await browse(t);
  const hmi = await open(context, view(url, 'hmi'));
  const page = await open(context, url);
  await hmi.getByText('Who is driving?').first().waitFor();
  for (let n = 0; n < 6; n++) await command(page, 'login lea pin=000001');
  await hmi.getByRole('button', { name: /Lea/ }).first().click();
  await hmi.getByText(/Entry paused\. Try again in/).first().waitFor();
  await hmi.getByText('Continue as guest').first().waitFor();
  await picture(hmi, 'hmi-pin-paused');
}, { timeout: 3 * patience });

test('on the move the picker is to be read only', async t => {
  const { url } = await serve(t, away('login anna'));
  const { context } = await browse(t);
  const hmi = await open(context, view(url, 'hmi'));
  await hmi.getByText(/Position shared with/).first().waitFor();
  await until(async () => !(await hmi.getByText('Parked', { exact: true }).count()));
  await hmi.getByRole('button', { name: 'Profiles' }).click();
  await until(async () => (await hmi.getByRole('button', { name: /Lea/ }).first().isDisabled()));
  await picture(hmi, 'hmi-picker-moving');
}, { timeout: 3 * patience });

test('a removed person is gone everywhere', async t => {
  const { url } = await serve(t, scene('login anna', 'logout'));
  const { context } = await browse(t);
  const hmi = await open(context, view(url, 'hmi'));
  await hmi.getByRole('button', { name: /Jonas/ }).first().waitFor();
  const page = await open(context, url);
  assert.equal((await command(page, 'app anna remove jonas')).ok, true);
  await until(async () => !/Jonas/.test(await hmi.locator('main').innerText()));
}, { timeout: 3 * patience });
