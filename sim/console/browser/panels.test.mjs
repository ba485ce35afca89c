// Every panel in every state: what it looks like, dark and light, and that it is accessible.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { browse, look, ready } from './browser.mjs';
import { off, scene } from './scenes.mjs';
import { patience, serve, until } from './world.mjs';

// crowded are the parts of the top bar that lie over one another or leave the page, and its texts that are cut.
const crowded = page => page.evaluate(() => {
  const all = [...document.querySelectorAll('.top > :not(.bar), .bar > :not(.sep)')].map(e => [e.className || e.id, e.getBoundingClientRect()]).sort((a, b) => a[1].left - b[1].left);
  const over = all.filter(([, r], i) => r.left < (all[i - 1]?.[1].right ?? 0) - 1 || r.right > innerWidth + 1).map(([name]) => name);
  const cut = [...document.querySelectorAll('.bar :is(b, .at, .clock, .h)')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).map(e => e.textContent);
  return [...over, ...cut];
});

const part = name => `[data-panel=${name}]`;

test('the console while somebody drives', { timeout: 5 * patience }, async t => {
  const world = await serve(t, scene('title A drive through the town', 'config session.at_boot fob'));
  const browser = await browse(t);
  const page = await browser.open(world.url), stream = await world.stream();
  const see = (name, ...parts) => look(page, name, ...parts.map(part));
  const tell = text => page.getByText(text).first().waitFor();

  await t.test('before anybody drives', async () => {
    await tell('Who is driving?');
    await see('console-waiting');
  });

  await t.test('on the way, in every size', async () => {
    await stream.when(() => stream.newest('phone', p => p.name === 'jonas')?.values['Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed']);
    await world.say('door driver open fob=lea', 'door driver close', 'ignition on', 'login lea', 'alarm tyre-pressure-rl on');
    await world.say('app lea chat Tyre warning came on just now. Can I keep driving?', 'workshop write lea Yes, up to 80 km/h. Shall we check it tomorrow at nine?');
    await world.say('gear D', 'drive hafen-westend');
    await stream.when(() => stream.newest('phone', p => p.name === 'anna')?.place);
    await stream.when(() => (stream.newest('nav').kmh || 0) > 35);
    await tell('Tyre rear left: low');
    await see('console');
    for (const width of [1100, 1350, 1440, 1500, 1650, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await crowded(page), [], `the bar, ${width} px wide`);
    }
    for (const tab of ['Head unit', 'Phones', 'Workshop', 'Signals']) {
      await page.setViewportSize({ width: 1100, height: 900 });
      await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: tab }).click();
      await see(`narrow-${tab.toLowerCase().replace(' ', '-')}`);
    }
    await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: 'Head unit' }).click();
    await page.setViewportSize({ width: 1920, height: 1256 });
  });

  await t.test('the phones, tab by tab', async () => {
    const phone = page.getByRole('article', { name: /Anna/ });
    for (const tab of ['Trips', 'Chat', 'More']) {
      for (const one of await page.getByRole('article').all()) await one.getByRole('button', { name: tab, exact: true }).click();
      await see(`phones-${tab.toLowerCase()}`, 'phone');
    }
    for (const one of await page.getByRole('article').all()) await one.getByRole('button', { name: 'Car', exact: true }).click();
    await page.getByRole('article', { name: /Jonas/ }).getByRole('button', { name: 'Locate' }).click();
    await page.getByRole('article', { name: /Jonas/ }).getByText('No position right now').waitFor();
    await page.getByRole('article', { name: /Lea/ }).getByRole('button', { name: 'Flash' }).click();
    await phone.getByRole('button', { name: /Lea/ }).click();
    await phone.getByText('Removing erases their data in the car').waitFor();
    await phone.getByRole('button', { name: 'Remove', exact: true }).click();
    await phone.getByText('Remove Lea? Removing erases their data in the car.').waitFor();
    await see('phones-asked', 'phone');
    await phone.getByRole('button', { name: 'Cancel' }).click();
    await phone.getByRole('button', { name: /Lea/ }).click();
    await phone.getByRole('button', { name: 'Invite' }).click();
    await phone.getByRole('textbox').first().waitFor();
    await see('phones-invite', 'phone');
    await page.keyboard.press('Escape');
  });

  await t.test('the workshop', async () => {
    const shop = page.locator(part('workshop'));
    await shop.getByRole('button', { name: 'Remove main user' }).click();
    await see('workshop', 'workshop');
    await page.keyboard.press('Escape');
  });

  await t.test('faults, the gap that they leave, and the signals', async () => {
    await world.say('fault gnss');
    await page.locator(part('truth')).getByText('no sky').waitFor();
    await stream.when(s => s.all('truth').slice(-10).every(at => !at.sky));
    await page.getByRole('button', { name: 'More', exact: true }).first().click();
    await see('drive-faults', 'drive');
    await world.say('fault gnss off', 'fault offline for 3s');
    await stream.when(() => stream.newest('truth').sky);
    await see('truth-gap', 'truth');
    for (const tab of ['CAN', 'NMEA', 'MQTT', 'D-Bus', 'Plots']) {
      await page.getByRole('group', { name: 'What is shown' }).getByRole('button', { name: tab, exact: true }).click();
      await see(`signals-${tab.toLowerCase()}`, 'signals');
    }
    await page.locator('.pick').click();
    await tell('first-minute');
    await page.keyboard.press('Escape');
    await page.locator('.menu').waitFor({ state: 'detached' });
  });

  await t.test('one panel alone, on the screen of a phone', async () => {
    stream.end();
    for (const name of ['hmi', 'phone/anna', 'phone/jonas', 'workshop']) {
      const one = await browser.open(world.view(name));
      await one.setViewportSize({ width: 390, height: 844 });
      await until(async () => (await one.locator('main').innerText()).length > 40, 'its texts');
      await look(one, `alone-${name.replace('/', '-')}`);
      await one.close();
    }
  });

  await t.test('texts of twice the size stay in their panels', async () => {
    await page.setViewportSize({ width: 960, height: 900 }); // of 1920 at 200 %
    await page.evaluate(() => new Promise(requestAnimationFrame));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    await look(page, 'enlarged');
    assert.ok(wide <= 1110, `${wide} px wide`);
    await page.setViewportSize({ width: 1920, height: 1256 });
  });
});

test('an invitation on the phones, a model without guests, and a server that is gone', { timeout: 4 * patience }, async t => {
  const world = await serve(t, scene('login anna', 'app anna invite mia shared').replace('Taycan 2024', 'Taycan 2019'));
  const browser = await browse(t, { but: /ERR_/ });
  const page = await browser.open(world.url);
  await page.getByRole('article', { name: /Mia/ }).getByText('invited').first().waitFor();
  await look(page, 'phones-invited', part('phone'));
  await world.say('logout');
  await page.getByText('This model has no guest mode. Default settings are used.').waitFor();
  await look(page, 'hmi-no-guest-mode', part('hmi'));
  await world.ask('restart', '/api/play');
  await page.getByText(/restart|Who can see this drive/).first().waitFor();
  world.child.kill('SIGINT');
  await page.getByText('The simulator does not answer. Trying again…').waitFor();
  await look(page, 'server-gone');
});
