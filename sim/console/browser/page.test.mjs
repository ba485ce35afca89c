// The page itself.
import { strict as assert } from 'node:assert';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';
import { away, scene } from './scenes.mjs';
import { browse, command, open, patience, picture, serve, stream, until, view } from './world.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// violations are those of WCAG 2.1 A and AA, and contrasts outside a map that axe cannot decide.
async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }));
  const undecided = found.incomplete.filter(r => r.id === 'color-contrast').flatMap(r => r.nodes).map(n => n.target.join(' ')).filter(target => !/map|plane|town|svg/.test(target));
  return [...found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`), ...undecided.map(u => `contrast undecided: ${u}`)];
}

test('every state is accessible, nothing is asked for elsewhere, and what is typed is shown as typed', async t => {
  const markup = '<img src=x onerror="document.title=1">';
  const { url } = await serve(t, away('login anna'));
  const { context, requests, problems } = await browse(t);
  const page = await open(context, url);
  await page.getByText(/Position shared with/).first().waitFor();
  await command(page, `app lea chat ${markup}`);
  await page.getByText(markup).first().waitFor();
  assert.equal(await page.locator('img').count(), 0);
  assert.deepEqual(await violations(page), [], 'console');
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme });
    assert.deepEqual(await violations(page), [], scheme);
    await picture(page, `console-${scheme}`);
  }
  for (const name of ['hmi', 'phone/anna', 'phone/jonas', 'workshop']) {
    const one = await open(context, view(url, name));
    await one.setViewportSize({ width: 390, height: 844 });
    await until(async () => (await one.locator('main').innerText()).length > 40);
    assert.deepEqual(await violations(one), [], name);
    await picture(one, name.replace('/', '-'));
    await one.close();
  }
  await page.evaluate(() => { document.body.insertAdjacentHTML('beforeend', '<button style="color:#777;background:#888">planted</button>'); });
  assert.notDeepEqual(await violations(page), [], 'a planted fault is found');
  const origin = new URL(url).origin;
  assert.deepEqual(requests.filter(r => !r.startsWith(origin) && !r.startsWith('data:')), []);
  assert.deepEqual(problems, []);
}, { timeout: 4 * patience });

test('the page weighs less than 150 kB, and who opens it later sees the same', async t => {
  const { url } = await serve(t, scene('login anna'));
  const { context } = await browse(t);
  const bodies = [];
  const page = await context.newPage();
  page.on('response', r => { if (!r.url().includes('/api/events')) bodies.push(r.body().catch(() => '')); });
  const begun = performance.now();
  await page.goto(url);
  await page.waitForSelector('html[data-ready]', { state: 'attached' });
  const usable = performance.now() - begun;
  const weight = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
  t.diagnostic(`${bodies.length} files, ${weight} bytes gzipped, usable after ${Math.round(usable)} ms`);
  assert.ok(weight > 10_000 && weight < 150_000, `${weight} bytes`);
  await page.getByText('Who can see this drive').first().waitFor();
  const again = await open(context, url);
  const hmi = one => one.locator('[data-panel=hmi]').innerText();
  await until(async () => await hmi(page) === await hmi(again)); // who comes later sees what who stayed sees
}, { timeout: 3 * patience });

test('keys drive the car only where that is switched on, and never from a text field', async t => {
  const { url } = await serve(t, scene('login anna', 'ignition on'));
  const { context } = await browse(t);
  const page = await open(context, url);
  const events = await stream(t, context, url, 'console');
  const gear = () => events.events.filter(e => e.event === 'drive').at(-1)?.data.gear;
  await until(() => gear() === 'P');
  await page.locator('body').press('d');
  const chat = page.getByRole('textbox').last();
  const keys = page.getByRole('switch', { name: 'Drive with the keyboard' });
  assert.equal(await keys.getAttribute('aria-checked'), 'false');
  await keys.click();
  await chat.focus();
  await chat.pressSequentially('wasd');
  assert.equal(await chat.inputValue(), 'wasd');
  assert.equal(gear(), 'P');
  await chat.blur();
  await page.locator('body').press('d');
  await until(() => gear() === 'D');
}, { timeout: 3 * patience });

test('the ledger pauses without loss, and a row opens to facts, rule and result', async t => {
  const { url } = await serve(t, away('login anna'));
  const { context } = await browse(t);
  const page = await open(context, url);
  const panel = page.locator('[data-panel=ledger]');
  const rows = async () => Number((/All\s*(\d+)/.exec(await panel.innerText()) || [0, 0])[1]);
  await until(async () => await rows() > 3);
  await panel.getByRole('button', { name: 'Pause the ledger' }).click();
  const held = await rows();
  await new Promise(done => setTimeout(done, 5000));
  assert.ok(await rows() >= held);
  await panel.getByRole('button', { name: 'Pause the ledger' }).click();
  await until(async () => await rows() >= held);
  await panel.getByText('position', { exact: true }).first().click();
  for (const word of ['Facts', 'Rule', 'Result']) await panel.getByText(word, { exact: true }).first().waitFor();
  await picture(page, 'ledger-opened');
}, { timeout: 3 * patience });

test('the sixth window says why, and the first still has its door', async t => {
  const { url } = await serve(t, scene('login anna'));
  const { context } = await browse(t);
  const page = await open(context, url);
  for (let n = 0; n < 4; n++) await stream(t, context, url, 'console');
  const sixth = await context.newPage();
  await sixth.goto(view(url, 'hmi'));
  await sixth.getByText('Too many windows: close one').waitFor();
  await picture(sixth, 'too-many-windows');
  assert.equal((await command(page, 'set radio volume 30')).ok, true);
  const refused = await command(page, 'bot');
  assert.equal(refused.ok, false);
  assert.match(refused.near ?? refused.error, /boot/);
}, { timeout: 3 * patience });

test('a stream that was cut goes on without a gap or a repeat', async t => {
  const { url } = await serve(t, away('login anna'));
  const { context } = await browse(t);
  await open(context, url);
  const whole = await stream(t, context, url, 'console');
  await until(() => whole.events.length > 200);
  const first = await stream(t, context, url, 'console');
  await until(() => first.events.some(e => e.event === 'ready') && first.events.length > 50);
  first.end();
  const from = first.events.at(-1).id;
  const second = await stream(t, context, url, 'console', from);
  await until(() => second.events.filter(e => e.id).length > 50);
  second.end();
  const last = Number(second.events.at(-1).id);
  const want = whole.events.map(e => Number(e.id)).filter(id => id > Number(from) && id <= last);
  const got = second.events.map(e => Number(e.id)).filter(id => id > Number(from));
  assert.deepEqual([...new Set(got)], got, 'an event came twice');
  assert.deepEqual(got.filter(id => want.includes(id)), want);
}, { timeout: 3 * patience });
