// The ledger, the keyboard, and a scenario that fails.
import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { browse, look } from './browser.mjs';
import { off, scene } from './scenes.mjs';
import { patience, serve, until } from './world.mjs';

const about = e => `${e.who} ${e.id}`, byId = (a, b) => about(a) < about(b) ? -1 : 1;

test('the ledger pauses for 200 entries without loss, and is saved as it is', { timeout: 4 * patience }, async t => {
  const world = await serve(t, scene('login anna', ...off));
  const browser = await browse(t);
  const page = await browser.open(world.url), stream = await world.stream();
  const panel = page.locator('[data-panel=ledger]'), pause = panel.getByRole('button', { name: 'Pause the ledger' });
  const tally = async () => Number(/All\s*(\d+)/.exec(await panel.innerText())?.[1] || 0);
  const entries = () => new Set(stream.all('ledger').map(about)).size;
  await until(async () => await tally() > 3, 'rows');
  await pause.click();
  const held = await tally(), known = entries();
  for (let n = 0; entries() < known + 200; n++) await world.say(`level ${n % 2 ? 'share' : 'no-position'}`, 'wait 200ms');
  assert.equal(await tally(), held, 'a paused ledger stands');
  await panel.getByText(/paused, \d+ more/).waitFor();
  await look(page, 'ledger-paused', '[data-panel=ledger]');
  await pause.click();

  await world.say('ignition off', 'logout'); // nothing more is decided
  const served = async () => (await (await world.get('/api/ledger')).text()).trim().split('\n').map(line => JSON.parse(line)).sort(byId);
  const saved = async () => {
    const [file] = await Promise.all([page.waitForEvent('download'), panel.getByRole('button', { name: 'JSONL' }).click()]);
    return (await readFile(await file.path(), 'utf8')).trim().split('\n').map(line => JSON.parse(line)).sort(byId);
  };
  let mine = [];
  await until(async () => {
    mine = await saved();
    assert.deepEqual(mine, await served());
    return true;
  }, 'what the page saves is what the server has');
  assert.equal(new Set(mine.map(about)).size, mine.length, 'every entry once');
  assert.ok(mine.length >= held + 200);
  assert.equal(await tally(), mine.length);
  const rows = await page.evaluate(async mine => {
    const { add, noEntries, rows } = await import('/decisions.js');
    return rows(mine.reduce(add, noEntries())).length;
  }, mine.toSorted((a, b) => a.who === b.who ? a.id - b.id : 0));
  const shown = await panel.evaluate(e => [...e.querySelectorAll('tbody tr')].reduce((n, tr) => n + (tr.classList.contains('space') ? Math.round(tr.firstChild.getBoundingClientRect().height / 31) : 1), 0));
  assert.equal(shown, rows, 'every row is on the page, or in the space above and below');

  // One of the first rows, a place if there is one: the list must not scroll, or a row lies half behind its head.
  const why = list => list.getByRole('button', { name: /, why/ }), first = panel.locator('tbody tr:nth-child(-n+4)');
  const place = why(first.filter({ hasText: /\bposition\b/ }));
  await (await place.count() ? place : why(first)).first().click();
  for (const word of ['Facts', 'Rule', 'Result']) await panel.getByText(word, { exact: true }).first().waitFor();
  await panel.locator('.rule').getByText(/[a-z0-9-]+\/\w+/).first().waitFor();
  await look(page, 'ledger-opened', '[data-panel=ledger]');
});

test('keys drive the car only where that is switched on, and never from a text field', { timeout: 3 * patience }, async t => {
  const world = await serve(t, scene('login anna', 'ignition on'));
  const browser = await browse(t);
  const page = await browser.open(world.url), events = await world.stream();
  const gear = () => events.newest('drive')?.gear, kmh = () => events.newest('truth')?.kmh || 0;
  const keys = page.getByRole('switch', { name: 'Drive with the keyboard' }), body = page.locator('body');
  await events.when(() => gear() === 'P');
  assert.equal(await keys.getAttribute('aria-checked'), 'false', 'off by default');
  for (const key of 'dwo') await body.press(key);
  await keys.click();
  const chat = page.locator('[data-panel=workshop]').getByRole('textbox').last();
  await chat.pressSequentially('wasd');
  assert.equal(await chat.inputValue(), 'wasd');
  await chat.blur();
  await body.press('d');
  await events.when(() => gear() === 'D');
  assert.deepEqual(events.all('step', s => s.hand && s.state === 'ok').map(s => s.text), ['gear D'], 'no key before it said a line');
  assert.equal(kmh(), 0);
  await page.locator('[data-panel=drive]').getByRole('radio', { name: 'D', exact: true, checked: true }).waitFor(); // the page knows it too
  await page.keyboard.down('w');
  await events.when(() => kmh() > 5);
  await look(page, 'drive-keys', '[data-panel=drive]');
  await page.keyboard.up('w');
});

// The ledger is asked for what is new behind a signal of the agent: the wait gives it time.
test('a scenario that fails opens at the step that failed, with what was known then', { timeout: 3 * patience }, async t => {
  const world = await serve(t, scene('login anna', ...off, 'expect publish anna position within 30s', 'wait 5s', 'expect setting radio volume 77', 'set radio volume 12'));
  const browser = await browse(t);
  const stream = await world.stream();
  await stream.when(() => stream.newest('world').over);
  const page = await browser.open(world.url), panel = page.locator('[data-panel=scenario]');
  const failed = stream.newest('step', s => s.state === 'failed'), step = panel.locator(`li[data-n="${failed.n}"]`);
  assert.equal(failed.text, 'expect setting radio volume 77');
  assert.equal(await step.getByRole('button').first().getAttribute('aria-expanded'), 'true', 'it is open');
  assert.equal(await panel.locator('li.open').count(), 1);
  const [inside, box] = await Promise.all([step.boundingBox(), panel.locator('.list').boundingBox()]);
  assert.ok(inside.y >= box.y - 1 && inside.y < box.y + box.height, 'it is in sight');
  await step.getByText(failed.got, { exact: false }).first().waitFor();
  const known = step.locator('.known');
  await known.getByText('What the ledger knew then').waitFor();
  await known.getByText('What the wire knew then').waitFor();
  assert.ok(await known.locator('li').count() > 4);
  // What it knew then: nothing in it is newer than the step.
  const at = stream.events.findIndex(e => e.event === 'step' && e.data.n === failed.n && e.data.state === 'failed');
  const before = stream.events.slice(0, at).filter(e => e.event === 'ledger').map(e => e.data.class);
  for (const text of await known.locator('ul').first().locator('li').allInnerTexts()) assert.ok(before.some(name => text.includes(name)), text);
  await page.getByText(/1 failed/).first().waitFor();
  await look(page, 'scenario-failed', '[data-panel=scenario]');
  await panel.getByRole('button', { name: 'Runs' }).click();
  await panel.getByText(/failed: expect setting/).first().waitFor();
  await look(page, 'scenario-runs', '[data-panel=scenario]');
});
