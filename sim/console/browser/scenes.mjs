// Scenarios that the tests play, and what they know of the world.

const quick = `-- quick.csv --
class,main,shared,limited,limited_assigned,workshop,backend,guest_driving,no_position,offline,action_detail,reason
@slot.main,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=2s pad=0,test
@slot.shared,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=2s pad=0,test
@slot.limited,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,every=5s alarms=5s pad=1024 kinds=all,test
`;

// scene is a scenario on the made car, with slots of seconds.
export const scene = (...lines) => `title A test
car Taycan 2024
policy quick.csv
users anna:main lea:shared jonas:limited
boot
expect port can up within 20s
${lines.join('\n')}
${quick}`;

// away is a drive that somebody began; the world goes on with it.
export const away = login => scene(login, 'ignition on', 'gear D', 'drive commute.gpx', 'sync');

// digits are how a coordinate of the drive could be written, as few as tell a street from the next.
export function digits(degrees) {
  const minutes = (Math.abs(degrees) % 1) * 60;
  return [degrees.toFixed(4).slice(0, -1), minutes.toFixed(4).padStart(7, '0').slice(0, -1)];
}

// timeless is a text without its times of day, whose seconds look like degrees.
export const timeless = text => text.replace(/\d\d:\d\d:\d\d(\.\d+)?/g, 'TIME');
