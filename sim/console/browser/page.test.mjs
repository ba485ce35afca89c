// The page itself: its weight, its stream, its windows, its door.
import { strict as assert } from 'node:assert';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';
import { browse, look, ready, violations } from './browser.mjs';
import { off, scene } from './scenes.mjs';
import { patience, serve, until } from './world.mjs';

test('the page is light, and who opens it later sees the same', { timeout: 3 * patience }, async t => {
  const world = await serve(t, scene('login anna'));
  const browser = await browse(t);
  const bodies = [];
  browser.context.on('response', r => { if (!r.url().includes('/api/events')) bodies.push(r.body().catch(() => '')); });
  const begun = performance.now(), page = await browser.open(world.url), usable = performance.now() - begun;
  const first = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  const weight = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
  t.diagnostic(`${bodies.length} requests, ${weight} bytes gzipped, first picture after ${Math.round(first)} ms, usable after ${Math.round(usable)} ms`);
  assert.ok(weight > 10_000 && weight < 150_000, `${weight} bytes`);
  const hmi = one => one.locator('[data-panel=hmi]').innerText(), same = one => until(async () => await hmi(page) === await hmi(one), 'the same screen');
  await page.getByText('Who can see this drive').first().waitFor();
  await same(await browser.open(world.url));
  await page.reload(); // in mid-run
  await ready(page);
  await page.getByText('Who can see this drive').first().waitFor();
});

const idsOf = stream => stream.events.map(e => Number(e.id)).filter(Boolean), newest = stream => Math.max(...idsOf(stream).slice(-5));

// recording has a page keep the ids that its streams bring, before it sees them itself.
const recording = () => {
  const own = globalThis.fetch;
  globalThis.ids = [];
  globalThis.fetch = async (to, ...rest) => {
    const answer = await own(to, ...rest);
    if (!String(to).startsWith('/api/events') || !answer.ok) return answer;
    const [mine, theirs] = answer.body.tee();
    (async () => {
      const decoder = new TextDecoder();
      let text = '';
      for (const reader = mine.getReader(); ;) {
        const part = await reader.read();
        if (part.done) return;
        const lines = (text + decoder.decode(part.value, { stream: true })).split('\n');
        text = lines.pop();
        for (const line of lines) if (line.startsWith('id: ')) globalThis.ids.push(Number(line.slice(4)));
      }
    })().catch(() => {});
    return new Response(theirs, answer);
  };
};

test('a hidden tab closes its stream, and goes on later without a gap or a repeat', { timeout: 3 * patience }, async t => {
  const world = await serve(t, scene('login anna', ...off));
  const browser = await browse(t);
  await browser.context.addInitScript(recording);
  const page = await browser.open(world.view('hmi')), whole = await world.stream('hmi');
  const others = [];
  for (let n = 0; n < 3; n++) others.push(await world.stream('phone/jonas')); // five are open
  await assert.rejects(world.stream('hmi'), /Too many windows/);

  // A browser without a screen hides no window: the page is told so.
  const show = shown => page.evaluate(shown => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => !shown });
    document.dispatchEvent(new Event('visibilitychange'));
  }, shown);
  const ids = () => page.evaluate(() => globalThis.ids);
  await show(false);
  await until(async () => { others.push(await world.stream('hmi')); return true; }, 'the tab gave its stream back');
  const before = (await ids()).at(-1);
  await whole.when(() => newest(whole) > before + 100);
  assert.equal((await ids()).at(-1), before, 'nothing came while it was hidden');
  for (const one of others) one.end();
  await show(true);
  await until(async () => {
    const again = page.getByRole('button', { name: 'Try again' }); // the others may not be gone yet
    if (await again.isVisible()) await again.click();
    return (await ids()).at(-1) > before + 200;
  }, 'it goes on');
  const got = await ids(), last = got.at(-1);
  assert.deepEqual([...new Set(got)], got, 'an event came twice');
  const want = idsOf(whole).filter(id => id > before && id <= last);
  assert.deepEqual(got.filter(id => id > before), want, 'an event is missing');
});

test('a stream that was cut goes on where it was', { timeout: 3 * patience }, async t => {
  const world = await serve(t, scene('login anna', ...off));
  const whole = await world.stream(), first = await world.stream();
  await first.when(() => first.events.some(e => e.event === 'ready') && first.events.length > 50);
  first.end();
  const from = newest(first), second = await world.stream('console', String(from));
  await second.when(() => idsOf(second).length > 100);
  second.end();
  const got = idsOf(second), last = got.at(-1);
  await whole.when(() => newest(whole) >= last);
  assert.deepEqual(got, idsOf(whole).filter(id => id > from && id <= last));
});

test('the sixth window says why, and the first still has its door', { timeout: 3 * patience }, async t => {
  const world = await serve(t, scene('login anna'));
  const browser = await browse(t, { but: /503/ });
  const page = await browser.open(world.url);
  for (const name of ['hmi', 'phone/anna', 'phone/lea', 'workshop']) await browser.open(world.view(name));
  const sixth = await browser.context.newPage();
  await sixth.goto(world.view('phone/jonas'));
  await sixth.getByText('Too many windows: close one').waitFor();
  await look(sixth, 'too-many-windows');
  const line = page.getByRole('combobox', { name: /line/i }).or(page.getByRole('textbox', { name: /line/i })).first();
  await line.fill('set radio volume 44');
  await line.press('Enter');
  await page.locator('[data-panel=scenario]').getByText('set radio volume 44').first().waitFor();
  const set = await world.ask('expect setting radio volume 44 within 20s');
  assert.equal(set.ok, true, set.error);
  await browser.context.pages()[1].close();
  await sixth.getByRole('button', { name: 'Try again' }).click();
  await sixth.getByText('Position is limited').waitFor();
});

test('what is typed is shown as typed', { timeout: 3 * patience }, async t => {
  const markup = '<img src=x onerror="document.title=1">';
  const world = await serve(t, scene(`title ${markup}`, 'login anna'));
  const browser = await browse(t);
  const page = await browser.open(world.url);
  await world.say(`app lea chat ${markup}`, `workshop quote ${markup}`);
  await world.ask(`hmi invite ${markup} shared`); // a name that is none
  for (const panel of ['workshop', 'bar', 'scenario']) await page.locator(`[data-panel=${panel}]`).getByText(markup).first().waitFor();
  const phone = page.getByRole('article', { name: /Anna/ });
  await phone.getByRole('button', { name: 'Chat' }).click();
  await phone.getByText(markup).first().waitFor();
  await page.locator('[data-panel=hmi]').getByRole('button', { name: 'Messages' }).click();
  await page.locator('[data-panel=hmi]').getByText(markup).first().waitFor();
  assert.equal(await page.locator('img').count(), 0);
  assert.notEqual(await page.title(), '1');
  await page.evaluate(() => { document.body.insertAdjacentHTML('beforeend', '<button style="color:#777;background:#888">planted</button>'); });
  assert.match((await violations(page)).join(), /color-contrast/, 'a planted fault is found');
});

// raw asks as no browser does, with whatever headers.
const raw = (url, { method = 'GET', body, headers = {} }) => new Promise((done, failed) => {
  const r = request(url, { method, headers }, answer => { answer.resume(); answer.on('end', () => done(answer.statusCode)); });
  r.on('error', failed);
  r.end(body);
});

test('the server lets in nobody else', { timeout: 3 * patience }, async t => {
  const world = await serve(t, scene());
  const cookie = (await world.get('/api/token')).headers, token = (await (await world.get('/api/token')).text()).trim();
  assert.ok(cookie && token.length >= 22);
  const session = (await fetch(world.url, { redirect: 'manual' })).headers.getSetCookie()[0];
  assert.match(session, /HttpOnly/);
  assert.match(session, /SameSite=Strict/);
  const Cookie = session.split(';')[0], to = `${world.origin}/api/cmd`, told = { Cookie, 'X-Glovebox': token };
  const post = (headers, body = 'wait 1ms') => raw(to, { method: 'POST', body, headers });
  assert.equal(await post(told), 200, 'the page itself');
  assert.equal(await post({ ...told, Host: 'glovebox.example' }), 403, 'a wrong Host');
  assert.equal(await post({ ...told, Origin: 'http://glovebox.example' }), 403, 'a wrong Origin');
  assert.equal(await post({ Cookie }), 403, 'no header');
  assert.equal(await post({ 'X-Glovebox': token }), 403, 'no cookie');
  assert.equal(await raw(world.origin, {}), 403, 'no token');
  assert.equal(await post(told, 'x'.repeat(5 << 10)), 413, '5 KiB');
});
