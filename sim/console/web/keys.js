// Keyboard driving: which line of the scenario language a key says. Nothing here
// knows the page.

const accelerator = 'Vehicle.Chassis.Accelerator.PedalPosition', brake = 'Vehicle.Chassis.Brake.PedalPosition';
const belt = 'Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted';
const light = (side) => `Vehicle.Body.Lights.DirectionIndicator.${side}.IsSignaling`;

/** Keys that act as long as they are held. */
export const held = new Set(['w', 's']);

/**
 * linesOf are the lines that a key says.
 * @param {string} key lower case
 * @param {boolean} down
 * @param {{gear: string, ignition: boolean, door: boolean, belt: boolean, kmh: number, fob: string, near: boolean, left: boolean, right: boolean, route: string, drives: boolean}} car
 */
export function linesOf(key, down, car) {
  const still = car.kmh < 1;
  if (!down) return key === 'w' ? [`signal ${accelerator} 0`] : key === 's' ? [`signal ${brake} 0`] : [];
  switch (key) {
    case 'w': return [`signal ${accelerator} 40`, ...(still && !car.drives && car.ignition && car.gear === 'D' ? [`drive ${car.route}`] : [])];
    case 's': return [`signal ${brake} 40`];
    case 'a': return [`signal ${light('Left')} ${!car.left}`];
    case 'd': return still && car.gear !== 'D' ? ['gear D'] : [`signal ${light('Right')} ${!car.right}`];
    case 'p': case 'r': case 'n': return ['gear ' + key.toUpperCase()];
    case 'i': return [`ignition ${car.ignition ? 'off' : 'on'}`];
    case 'o': return [`door driver ${car.door ? 'close' : 'open'}`];
    case 'b': return [`signal ${belt} ${!car.belt}`];
    case 'k': return car.fob ? [`fob ${car.fob} ${car.near ? 'out' : 'in'}`] : [];
  }
  return [];
}

/**
 * heard reports whether a key belongs to the car: never from a text field, nor with
 * another key that makes it a command of the browser.
 */
export function heard(e) {
  const t = e.target;
  if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return false;
  return !(t && (t.isContentEditable || /^(input|textarea|select)$/i.test(t.tagName || '')));
}
