import assert from 'node:assert/strict';
import test from 'node:test';
import { complete, finish } from '../complete.js';

const rows = (...usages) => usages.map((usage) => ({ word: usage.split(' ')[0], usage }));
const words = {
  command: rows('boot', 'gear P|R|N|D', 'door driver|passenger|… open [fob=NAME] | door driver|passenger|… close', 'login NAME [pin=PIN] [wait]',
    'fault offline|gnss|can-garbage [for D] | fault unplug can|gnss [for D]', 'drive FILE.gpx [speed=50km/h]', 'app NAME ACTION', 'at D COMMAND',
    'expect [not] CHECK [since LABEL] [within D]', 'never CHECK', 'speed 10x', 'users NAME:ROLE[:PIN[:seal]] …'),
  check: rows('ready', 'level share|no-position|offline', 'state guest|idle|leaving | state active NAME'),
  app: rows('lock', 'unlock', 'assign TRIP NAME…', 'climate on [celsius=21] [minutes=10] | climate off'),
};
const known = { NAME: ['anna', 'lea', 'jonas'], 'FILE.gpx': ['block.gpx'] };
const of = (text) => complete(words, known, text).words;

test('a line begins with a word of the language', () => {
  assert.deepEqual(of('lo'), ['login']);
  assert.ok(of('').includes('boot') && of('').includes('never'));
});

test('one of several words goes on, from each way to say it', () => {
  assert.deepEqual(of('gear '), ['D', 'N', 'P', 'R']);
  assert.deepEqual(of('door driver '), ['close', 'open']);
  assert.deepEqual(of('fault '), ['can-garbage', 'gnss', 'offline', 'unplug']);
  assert.deepEqual(of('fault unplug '), ['can', 'gnss']);
});

test('names are those that the world has', () => {
  assert.deepEqual(of('login l'), ['lea']);
  assert.deepEqual(of('drive '), ['block.gpx']);
  assert.deepEqual(of('app lea assign newest '), ['anna', 'jonas', 'lea']);
  assert.deepEqual(of('app lea assign newest anna j'), ['jonas']);
});

test('what may be left out is offered in any place where it may stand', () => {
  assert.deepEqual(of('login lea '), ['pin=', 'wait']);
  assert.deepEqual(of('login lea pin=1 '), ['wait']);
  assert.deepEqual(of('fault gnss '), ['for']);
  assert.deepEqual(of('door driver open '), ['fob=']);
});

test('a line inside a line goes on by its own table', () => {
  assert.deepEqual(of('app lea '), ['assign', 'climate', 'lock', 'unlock']);
  assert.deepEqual(of('app lea climate on ce'), ['celsius=']);
  assert.deepEqual(of('expect '), ['level', 'not', 'ready', 'state']);
  assert.deepEqual(of('expect not state '), ['active', 'guest', 'idle', 'leaving']);
  assert.deepEqual(of('never state active '), ['anna', 'jonas', 'lea']);
  assert.deepEqual(of('at 5s app lea lo'), ['lock']);
  assert.deepEqual(of('expect level share w'), ['within']);
});

test('what is no word is said, not offered', () => {
  assert.deepEqual(complete(words, known, 'fault gnss for '), { words: [], wants: ['D'] });
  assert.deepEqual(complete(words, known, 'speed '), { words: [], wants: ['10x'] });
  assert.deepEqual(of('nonsense '), []);
});

test('a word that was begun is replaced, one with = waits for its value', () => {
  assert.equal(finish('app le', 'lea'), 'app lea ');
  assert.equal(finish('login lea ', 'pin='), 'login lea pin=');
  assert.equal(finish('', 'boot'), 'boot ');
});
