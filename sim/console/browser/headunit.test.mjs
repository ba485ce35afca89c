// The head unit, touched as a driver would.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { browse, look } from './browser.mjs';
import { apart, off, scene } from './scenes.mjs';
import { patience, serve, until } from './world.mjs';

// unit is the head unit of a world: its page, and what it is told.
async function unit(t, ...lines) {
  const world = await serve(t, scene(...lines));
  const browser = await browse(t, { viewport: { width: 1180, height: 704 } });
  const page = await browser.open(world.view('hmi')), hmi = await world.stream('hmi');
  return {
    world, browser, page, hmi,
    see: name => look(page, `hmi-${name}`, '[data-panel=hmi]'),
    text: text => page.getByText(text).first().waitFor(),
    press: (name, role = 'button') => page.getByRole(role, { name }).first().click(),
    wheel: (state, who = '') => hmi.when(() => hmi.newest('wheel').state === state && (!who || hmi.newest('wheel').who === who)),
    pin: async digits => {
      await page.locator('.pinw').focus();
      for (const d of [...digits, 'Enter']) await page.keyboard.press(d);
    },
  };
}

test('the picker and the PIN', { timeout: 4 * patience }, async t => {
  const u = await unit(t, 'config session.at_boot fob', 'login lea', 'fob lea in', 'hmi link-fob lea', 'logout', 'fob lea out');
  const outlined = () => u.page.locator('.pf.sel').count();

  await t.test('no key, no outline', async () => {
    await u.text('Who is driving?');
    assert.equal(await outlined(), 0);
    await u.see('picker');
  });

  await t.test('a key that is known outlines its profile, an unknown one nobody', async () => {
    await u.world.say('door driver open fob=jonas', 'door driver close');
    await u.text('This key is not linked to one person.');
    assert.equal(await outlined(), 0);
    await u.see('picker-unknown-key');
    await u.world.say(...apart('fob jonas out', 'lock', 'door driver open fob=lea', 'door driver close'));
    await u.text('Enter PIN'); // hers is asked for at once
    await u.press('Choose another profile');
    await u.text('your key is here');
    assert.equal(await u.page.locator('.pf.sel b').innerText(), 'Lea');
    await u.see('picker-key');
  });

  await t.test('a wrong PIN says how many tries are left, then entry pauses, also after a power cut', async () => {
    await u.press(/^(?!.*Add).*Jonas/);
    await u.text('Enter PIN');
    await u.see('pin');
    await u.page.getByRole('button', { name: '6', exact: true }).click();
    await u.page.getByRole('button', { name: '0', exact: true }).click();
    await u.page.getByRole('status', { name: '2 digits entered' }).waitFor();
    await u.see('pin-typing');
    await u.pin('9999');
    await u.text('Wrong PIN. 3 attempts left, then entry pauses for 30 seconds.');
    await u.see('pin-wrong');
    for (const left of [2, 1]) {
      await u.pin('999999');
      await u.text(`Wrong PIN. ${left} attempt`);
    }
    await u.pin('999999');
    const seconds = async () => Number(/Try again in (\d+) s/.exec(await u.page.getByRole('timer').innerText())[1]);
    await u.text(/Entry paused\. Try again in \d+ s\./);
    const first = await seconds();
    await until(async () => await seconds() < first, 'the seconds count down');
    await u.see('pin-paused');
    await u.world.say('fob lea out', 'wait 2s', 'fault power'); // or her PIN is asked for
    await u.page.reload();
    await u.text('Who is driving?');
    await u.press(/^(?!.*Add).*Jonas/);
    await u.text(/Entry paused\. Try again in \d+ s\./);
    assert.ok(await u.page.getByRole('button', { name: '6', exact: true }).isDisabled(), 'no digit is taken');
  });

  await t.test('every way out of the PIN', async () => {
    await u.press('Forgot PIN');
    await u.text('Anna can set a new PIN for you.');
    await u.see('pin-forgotten-secondary');
    await u.press('Choose another profile');
    await u.press(/^(?!.*Add).*Anna/);
    await u.press('Forgot PIN');
    await u.text('Prove with the car’s security code.');
    await u.see('pin-forgotten-main');
    await u.press('Continue as guest');
    await u.wheel('guest');
    await u.text('Guest mode');
    await u.press('End guest mode');
    await u.text('Guest data erased');
  });
});

test('choices, people and a removal', { timeout: 4 * patience }, async t => {
  const u = await unit(t, 'users anna:main:none lea:shared:none jonas:limited', 'login anna', 'logout');

  await t.test('a burst of choices ends in the last', async () => {
    await u.text('Who is driving?');
    for (const last of ['Lea', 'Anna']) { // either way round, and a guest between them
      const first = last === 'Lea' ? 'Anna' : 'Lea';
      await u.page.evaluate(names => {
        const cards = [...document.querySelectorAll('.pf')];
        for (const name of names) cards.find(c => c.querySelector('b').textContent === name).click();
      }, [first, 'Guest', first, 'Guest', last]);
      await u.wheel('active', last.toLowerCase());
      await u.world.say('sync', 'wait 500ms');
      assert.equal(u.hmi.newest('wheel').who, last.toLowerCase());
      await u.page.getByText(last, { exact: true }).first().waitFor();
      await u.world.say('logout');
      await u.text('Who is driving?');
    }
  });

  await t.test('settings of a secondary user, and of the main user', async () => {
    await u.world.say('app anna restrict lea remote-lock booking', 'login lea');
    await u.wheel('active', 'lea');
    await u.press('Settings');
    await u.text('Functions switched off by Anna');
    await u.text('Shared, set by Anna');
    await u.see('settings-secondary');
    await u.press('Trips');
    await u.text('No trips yet');
    await u.see('trips-none');
    await u.press('Messages');
    await u.text('No messages yet');
    await u.see('messages-none');
    await u.world.say('workshop chat Your car is ready at five.');
    await u.text('Your car is ready at five.');
    await u.see('messages');
    await u.world.say('login anna');
    await u.wheel('active', 'anna');
    await u.text('Who can see this drive');
    await u.see('home-parked');
    await u.press('Settings');
    await u.text('Guest services');
    await u.see('settings-main');
  });

  await t.test('a refusal is a sentence', async () => {
    await u.press('Link'); // no key is in the car
    await u.page.getByRole('alert').waitFor();
    const said = await u.page.getByRole('alert').innerText();
    assert.match(said, /^[A-Z].* .*\.$/);
    assert.doesNotMatch(said, /InvalidArgument|NotPermitted|Failed$/);
    await u.page.locator('.rows').evaluate(list => { list.scrollTop = 0; }); // no row is half in sight
    await u.see('refused');
  });

  await t.test('a removal: the warning, the receipt, and the person is gone everywhere', async () => {
    const phone = await u.browser.open(u.world.view('phone/jonas')), shop = await u.browser.open(u.world.view('workshop'));
    await phone.getByText('Limited', { exact: true }).waitFor();
    await shop.getByText(/Secondary users\s*2/).first().waitFor();
    const rows = u.page.locator('.rows');
    await rows.locator('.row', { hasText: 'secondary users' }).getByRole('button', { name: 'Manage' }).click();
    await rows.locator('.row', { hasText: 'Jonas' }).waitFor();
    await u.see('people');
    await rows.locator('.row', { hasText: 'Jonas' }).getByRole('button', { name: 'Functions' }).click();
    await u.text('Remote locate');
    await u.see('functions');
    await u.press('Back');
    await rows.locator('.row', { hasText: 'Jonas' }).getByRole('button', { name: 'Remove' }).click();
    await u.text('Remove Jonas? Removing erases their data in the car.');
    await u.see('remove');
    await rows.locator('.row', { hasText: 'Remove Jonas?' }).getByRole('button', { name: 'Remove' }).click();
    await u.text('Data of Jonas erased');
    await u.text(/keys: \d+ before, \d+ after, erased/i); // the receipt
    await u.see('removed');
    await phone.getByText('Not a user of this car').first().waitFor();
    await look(phone, 'phone-removed', 'main');
    await shop.getByText(/Secondary users\s*1/).first().waitFor();
    await u.world.say('logout');
    await u.text('Who is driving?');
    for (const page of [u.page, shop]) assert.doesNotMatch(await page.locator('main').innerText(), /Jonas/);
    assert.doesNotMatch(await u.world.snapshot('phone/anna'), /"name":"jonas"/, 'among the people on Anna’s phone');
  });
});

test('a drive', { timeout: 4 * patience }, async t => {
  const u = await unit(t, 'login anna', ...off);

  await t.test('one touch lowers the level, without a PIN, before the next sample', async () => {
    const anna = await u.world.stream('phone/anna');
    await u.text('Position shared with 2');
    await anna.when(() => anna.newest('phone')?.place);
    await u.see('home-driving');
    await u.press('Privacy');
    await u.see('privacy-share');
    await u.press('Home');
    await u.press('No position', 'radio');
    await u.text('Position stays in the car');
    const told = u.hmi.all('privacy').filter(p => p.level === 'no-position');
    assert.deepEqual(told.filter(p => p.in_use), [], 'LocationInUse goes with the level');
    const places = () => new Set(anna.all('phone').filter(p => p.place).map(p => `${p.place.lat},${p.place.lon}`)).size, then = places();
    await anna.when(() => !anna.newest('phone').place);
    assert.ok(places() <= then + 1, 'nothing but what was on its way'); // two samples leave in each message
    await u.see('home-no-position');
    await u.press('Offline', 'radio');
    await u.text('Nothing leaves the car');
    await u.text('Nothing is sent to the app or workshop.');
    await u.see('home-offline');
    await u.press('Privacy');
    await u.see('privacy-offline');
    await u.press('Share', 'radio');
    await u.text('A place begins later in this drive.');
    await u.see('privacy-later');
    anna.end();
  });

  await t.test('on the move the picker is read-only, and so is all but the level', async () => {
    await u.hmi.when(() => u.hmi.newest('wheel').parked === false);
    await u.press('Profiles');
    await until(() => u.page.getByRole('button', { name: /Lea/ }).first().isDisabled());
    for (const card of await u.page.locator('.pf').all()) assert.ok(await card.isDisabled(), await card.innerText());
    await u.see('picker-moving');
    await u.page.evaluate(() => document.querySelectorAll('.pf').forEach(card => card.click()));
    for (const screen of ['Trips', 'Messages', 'Settings']) {
      await u.press(screen);
      await u.text('Read-only while the car moves.');
    }
    await u.see('settings-moving');
    assert.equal(u.hmi.newest('wheel').who, 'anna');
  });

  await t.test('no network and no GNSS', async () => {
    await u.press('Home');
    await u.world.say('fault gnss');
    await u.text('Position estimated');
    await u.see('home-no-gnss');
    await u.world.say('fault gnss off', 'fault offline');
    await u.text('Waiting');
    await u.see('home-no-network');
    await u.world.say('fault offline off');
    await u.text('Position shared with 2');
  });

  await t.test('what a guest may not raise is said, and a guest sees nobody', async () => {
    await u.world.say('ignition off'); // off on the move brakes the car first
    await until(async () => (await u.world.ask('gear P')).ok, 'the car stands');
    await u.hmi.when(() => u.hmi.newest('wheel').parked);
    await u.world.say('guest wait', 'set radio volume 12');
    await u.text('Guest mode');
    await u.see('guest');
    await u.press('What is deleted?');
    await u.see('guest-deleted');
    await u.press('Privacy');
    assert.ok(await u.page.getByRole('radio', { name: 'Share' }).isDisabled());
    await u.text('Not for a guest: positions stay in the car.');
    await u.see('privacy-guest');
    assert.doesNotMatch(await u.page.content(), /\b(Anna|Lea|Jonas)\b/, 'a guest sees nobody');
    for (const screen of ['Profiles', 'Settings']) {
      await u.press(screen);
      assert.doesNotMatch(await u.page.content(), /\b(Anna|Lea|Jonas)\b/, screen);
      await u.see('guest-' + screen.toLowerCase());
    }
  });
});
