// Times as they are shown: local on the head unit and on phones, UTC elsewhere.

const two = (n) => String(n).padStart(2, '0');
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** hhmm is 14:32, local. */
export function hhmm(t) {
  const d = new Date(t);
  return isNaN(d) || !t ? '' : two(d.getHours()) + ':' + two(d.getMinutes());
}

/** utc is 14:32:07, in UTC. */
export function utc(t) {
  const d = new Date(t);
  return isNaN(d) || !t ? '' : two(d.getUTCHours()) + ':' + two(d.getUTCMinutes()) + ':' + two(d.getUTCSeconds());
}

/**
 * day is Today, Yesterday, Thu or 3 Mar, seen from now, of a day such as
 * 2026-03-05 or of a time (local).
 */
export function day(t, now) {
  if (!t) return '';
  const d = /^\d{4}-\d\d-\d\d$/.test(t) ? new Date(t + 'T12:00:00') : new Date(t), n = new Date(now || t);
  if (isNaN(d)) return '';
  const ago = Math.round((new Date(n.getFullYear(), n.getMonth(), n.getDate()) - new Date(d.getFullYear(), d.getMonth(), d.getDate())) / 864e5);
  if (ago === 0) return 'Today';
  if (ago === 1) return 'Yesterday';
  return ago > 0 && ago < 7 ? days[d.getDay()] : d.getDate() + ' ' + months[d.getMonth()];
}

/** distance of a trip: exact, or the band in which it lies. */
export const distance = (trip) => trip.km != null ? (typeof trip.km === 'number' ? trip.km.toFixed(1) : trip.km) + ' km' : trip.band ? trip.band + ' km' : '';

/** seconds counts up what is left until a moment, both in ms. */
export const seconds = (until, now) => Math.max(0, Math.ceil((until - now) / 1000));
