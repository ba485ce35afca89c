// Scenarios that the tests play, and what they know of the world.

const slots = `-- quick.csv --
class,main,shared,limited,limited_assigned,workshop,backend,guest_driving,no_position,offline,action_detail,reason
@slot.main,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=2s pad=0,test
@slot.shared,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=2s pad=0,test
@slot.limited,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=5s alarms=5s pad=1024 kinds=all,test
@slot.workshop,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=3s pad=0,test
`;

// scene is a scenario on the made car, with slots of seconds. Lines of the head are those
// that begin with title, config or users.
export function scene(...lines) {
  const head = lines.filter(line => /^(title|config|users) /.test(line)), rest = lines.filter(line => !head.includes(line));
  const has = word => head.some(line => line.startsWith(word + ' '));
  return `${has('title') ? '' : 'title A test\n'}${head.map(line => line + '\n').join('')}car Taycan 2024 odo=12500km soc=62
policy quick.csv
${has('users') ? '' : 'users anna:main lea:shared jonas:limited\n'}boot
expect port can up within 20s
${rest.join('\n')}
${slots}`;
}

// off is how a drive begins; the world goes on with it.
export const off = ['ignition on', 'gear D', 'drive commute.gpx'];

// apart are lines as far from each other as the car's own units need to see them.
export const apart = (...lines) => lines.flatMap(line => [line, 'wait 300ms']);

// getsOut is how the driver gets out and closes the door.
export const getsOut = ['gear P', 'ignition off', 'door driver open', 'door driver close'];

// digits are how a coordinate of the drive could be written, as few as tell a street from the next.
export function digits(degrees) {
  const minutes = (Math.abs(degrees) % 1) * 60;
  return [degrees.toFixed(4).slice(0, -1), minutes.toFixed(4).padStart(7, '0').slice(0, -1)];
}

// timeless is a text without its times of day, whose seconds look like degrees.
export const timeless = text => text.replace(/\d\d:\d\d:\d\d(\.\d+)?/g, 'TIME');
