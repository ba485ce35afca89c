// Everything that the page says, in one place.

/** proper writes a name of a scenario as people do: anna → Anna. */
export const proper = (name) => name ? name[0].toUpperCase() + name.slice(1) : '';

/** initials are two letters: of two names, or of the only one. */
export function initials(name) {
  const words = String(name || '?').split(/[\s-]+/).filter(Boolean);
  return (words.length > 1 ? words.map((w) => w[0]).join('') : words[0]).slice(0, 2).toUpperCase();
}

/** known is the name of a view. */
export function known(view) {
  const [kind, name] = view.split('/');
  return { console: 'Console', hmi: 'Head unit', workshop: 'Workshop' }[kind] || (kind === 'phone' ? proper(name || '') + '’s phone' : view);
}

/** sentence is a refusal as a person reads it: never an error's name alone. */
export function sentence(error) {
  const text = String(error || '').trim(), name = Object.keys(errors).find((n) => new RegExp(`(^|[^\\w-])${n}($|[^\\w-])`).test(text));
  const own = name ? text.slice(text.indexOf(name) + name.length).replace(/^[:\s]+/, '') : text;
  return own && !/^the car refused action \d+$/.test(own) ? full(own) : name ? errors[name] : texts.refused;
}

/** full is a text with a capital and a full stop. */
export const full = (text) => text ? text[0].toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? '' : '.') : '';

/** Where only the name of an error comes; docs/dbus.md, Errors, and the actions' reasons. */
const errors = {
  WrongPIN: 'The PIN is wrong. Try again.',
  CodeWrong: 'The security code is wrong. Try again.',
  CodeVoid: 'This code is not valid.',
  CodeExpired: 'This code is too old. Ask for another one.',
  LockedOut: 'Too many wrong tries. Wait and try again.',
  NoSuchProfile: 'There is no such profile in this car.',
  NotPermitted: 'This is not open to you.',
  NotParked: 'The car is moving. Park first.',
  Superseded: 'A newer request took the place of this one.',
  GuestUnavailable: 'This model has no guest mode.',
  RosterFull: 'The car already has five secondary users. Remove one first.',
  NotReady: 'The car is not ready yet. Try again in a moment.',
  InvalidArgument: 'This value is not valid.',
  QuotaExceeded: 'There is no room left for this.',
  EraseFailed: 'Erasing did not finish. Restart the head unit.',
  Offline: 'This needs a connection, and there is none.',
  Failed: 'The car could not do it.',
  Warning: 'This must be confirmed.',
  'not-permitted': 'This is not open to you.',
  'not-now': 'Not possible right now.',
  'bad-request': 'The request is not valid.',
  expired: 'The request came too late.',
  busy: 'Something else is going on. Try again.',
};

/** alarm is the name of a warning light. */
export const alarm = (code) => alarms[code] || full(String(code).replaceAll('-', ' ')).slice(0, -1);
const alarms = {
  'tyre-pressure-fl': 'Tyre front left: low', 'tyre-pressure-fr': 'Tyre front right: low', 'tyre-pressure-rl': 'Tyre rear left: low', 'tyre-pressure-rr': 'Tyre rear right: low',
  'oil-pressure': 'Oil pressure', 'coolant-hot': 'Coolant hot', 'battery-12v': '12 V battery', brake: 'Brakes', abs: 'ABS', airbag: 'Airbag', engine: 'Engine', 'fuel-low': 'Fuel low', 'cruise-fault': 'Cruise control',
};

/** role is a role on screen. */
export const role = (r) => ({ main: 'Main user', secondary: 'Secondary user', guest: 'Guest', workshop: 'Workshop', backend: 'Service', car: 'Car' })[r] || '';
export const sharing = (s) => ({ shared: 'Shared', limited: 'Limited' })[s] || '';
export const level = (l) => ({ share: 'Share', 'no-position': 'No position', offline: 'Offline' })[l] || l;

/** duty is a function on screen (docs/dbus.md, Functions). */
export const duty = (f) => ({
  'connected-services': 'Connected services', 'vehicle-status': 'Vehicle status', 'remote-lock': 'Remote lock and unlock', 'remote-climate': 'Remote climate', 'remote-locate': 'Remote locate', booking: 'Service booking',
})[f] || full(f.replaceAll('-', ' ')).slice(0, -1);
/** What the main user can switch off for a secondary user. */
export const duties = ['navigation', 'climate', 'radio', 'media', 'connected-services', 'vehicle-status', 'position', 'trips', 'remote-lock', 'remote-climate', 'remote-locate', 'booking'];

const plural = (n, one, many) => n === 1 ? one : many;

export const texts = {
  noServer: 'The simulator does not answer. Nothing was sent.',
  mayHaveHappened: 'No answer came. It may have happened.',
  reconnecting: 'The simulator does not answer. Trying again…',
  panelFailed: (name) => `The panel “${name}” could not be loaded.`,
  theme: (t) => ({ auto: 'Colours: as the system', dark: 'Colours: dark', light: 'Colours: light' })[t],
  refused: 'This was refused.',
  done: 'Done',
  sending: 'Sending…',
  waitingForCar: 'Waiting for the car…',
  cancel: 'Cancel',
  close: 'Close',
  back: 'Back',
  waitingForWorld: 'Waiting for the car to start…',

  // head unit
  rail: { home: 'Home', profiles: 'Profiles', privacy: 'Privacy', trips: 'Trips', notes: 'Messages', settings: 'Settings' },
  noProfile: 'No profile',
  you: (name) => name + ' (you)',
  chip: {
    shared: (n) => `Position shared with ${n}`, stays: 'Position stays in the car', nothing: 'Nothing leaves the car', none: 'No position',
    waiting: 'Waiting for the network', driver: 'Waiting for driver', later: 'Position begins later',
  },
  levels: 'What leaves the car on this drive',
  parkedOnly: 'Parked only. A change asked for while driving waits until you park.',
  readOnly: 'Read-only while the car moves.',
  whoIsDriving: 'Who is driving?',
  follows: 'Seat, climate and media settings follow the profile.',
  keyHere: 'your key is here',
  guestCard: 'Nothing is kept',
  addPerson: 'Add a person',
  invites: (main) => `${main} invites`,
  noGuest: 'This model has no guest mode. Default settings are used.',
  noPeople: 'Nobody is enrolled in this car yet.',
  unknownKey: 'This key is not linked to one person.',
  pending: (name) => `Waits until you park: ${name}`,
  erased: 'Guest data erased',
  erasedCounts: (n, stores) => `${n} ${plural(n, 'value', 'values')} in ${stores} ${plural(stores, 'store', 'stores')} before, none after.`,
  erasedByPower: 'It was in memory only, and the power was cut.',
  erasing: 'Guest data is being erased…',
  eraseFailed: 'Files of an app could not be removed yet. They are out of everybody’s reach.',
  receiptOf: (name) => `Data of ${name} erased`,
  leaving: 'Ending the session…',

  enterPin: 'Enter PIN',
  digits: (n) => `${n} ${plural(n, 'digit', 'digits')} entered`,
  wrongPin: (left) => left > 0 ? `Wrong PIN. ${left} ${plural(left, 'attempt', 'attempts')} left, then entry pauses for 30 seconds.` : 'Wrong PIN.',
  paused: (s) => s > 90 ? `Entry paused. Try again in ${Math.ceil(s / 60)} min.` : `Entry paused. Try again in ${s} s.`,
  pinOff: 'This PIN is off until it is set anew.',
  forgot: 'Forgot PIN',
  forgotSecondary: (main) => `${main} can set a new PIN for you.`,
  forgotMain: 'Prove with the car’s security code.',
  code: 'Security code',
  newPin: 'New PIN',
  oldPin: 'PIN until now',
  other: 'Choose another profile',
  asGuest: 'Continue as guest',
  enter: 'Enter',
  del: 'Delete',
  checking: 'Checking…',
  savePin: 'Set new PIN',

  loaded: (r) => `${r}, settings loaded`,
  whoSees: 'Who can see this drive',
  sees: { position: 'Position', status: 'Status only', health: 'Health only', nothing: 'Nothing' },
  estimated: 'Position estimated',
  noPositionCar: 'No position',
  parked: 'Parked',
  placeLater: 'A place begins later in this drive.',
  offlineNote: 'Nothing is sent to the app or workshop. The car’s emergency call is not part of this.',
  turn: { left: 'Turn left', right: 'Turn right', straight: 'Straight on', arrive: 'Arrive' },
  minutes: (m, km) => `${m} min · ${km} km`,
  noRoute: 'No destination',

  guestMode: 'Guest mode',
  activeSince: (t) => `Active since ${t} · no account, no history`,
  noAccount: 'No account, no history',
  guestFacts: [
    ['nav', 'g', 'Navigation, climate and media work as usual'], ['off', 'a', 'Position and trips stay in the car'], ['pin', 'a', 'Where you park is shown to the owner, unless you choose No position'],
    ['wrench', 'g', 'Warnings still reach the app and the workshop'], ['lock', 'a', 'Other people’s profiles, messages and places are hidden'], ['shield', 'a', 'Nobody outside is told that a guest is driving'],
  ],
  memoryOnly: 'Kept in memory only',
  whenLeave: 'erased when you leave',
  counts: { destinations: 'Destinations', media: 'Radio and media choices', comfort: 'Seat and climate changes' },
  erasedWhen: 'Erased 60 s after you got out, at once when the car is locked from outside, and by any power cut.',
  endGuest: 'End guest mode',
  whatDeleted: 'What is deleted?',
  deleted: ['Settings, favourites and destinations of this session', 'What apps stored, and their files', 'The record of what left the car', 'Nothing of it was ever written to disk'],
  hidden: 'Other people’s profiles, messages and places are hidden',
  guestShare: 'Not for a guest: positions stay in the car.',

  privacy: 'Privacy',
  leaves: 'What leaves the car during this drive',
  thisDrive: (p, r, w) => `This drive: ${p} sent, ${r} reduced, ${w} withheld`,
  pills: { position: 'Position', noPosition: 'No position', status: 'Status', noStatus: 'No status', trips: 'Trips', tripsBand: 'Trips: day and rough distance', noTrips: 'No trips', health: 'Warnings and service', nothing: 'Nothing' },
  limitedBy: { level: 'the level of this drive', guest: 'a guest drives', waiting: 'a place begins later in this drive', limited: 'you are limited', 'main-user': 'the main user' },
  notOpen: (level, why) => `${level} is not open: ${why}.`,

  trips: 'Trips',
  yours: (name) => `${name} · stored in your profile`,
  mine: 'Mine',
  notAssigned: 'Not assigned',
  notAssignedYet: 'not assigned yet',
  private: 'Start and end private',
  thisWasMe: 'This was me',
  noTrips: 'No trips yet',
  noTripsGuest: 'A guest’s trips are not kept.',
  assignedTo: (names) => 'assigned to ' + names,

  messages: 'Messages',
  noMessages: 'No messages yet',
  markRead: 'Mark all as read',
  write: 'Write to the workshop',
  message: 'Message',
  book: 'Book a service',
  send: 'Send',
  unread: (n) => `${n} unread`,
  newMessage: (from) => `New message from ${from}`,

  settings: 'Settings',
  pin: 'Profile PIN',
  pinSub: 'Asked when your profile is selected',
  change: 'Change',
  set: 'Set',
  none: 'none',
  key: 'Link key',
  keySub: (n) => n ? `${n} ${plural(n, 'key selects', 'keys select')} this profile` : 'The key in the car will select this profile',
  link: 'Link',
  unlink: 'Unlink all',
  offBy: (main) => `Functions switched off by ${main}`,
  noneOff: 'None',
  yourSharing: 'Your sharing',
  setBy: (s, main) => `${s}, set by ${main}`,
  setByMain: 'Set by the main user',
  people: 'People',
  peopleSub: (n) => `${n} of 5 secondary users`,
  manage: 'Manage',
  functions: 'Functions',
  functionsSub: 'What each person may use',
  guestServices: 'Guest services',
  guestServicesSub: 'Connected services for guests',
  remoteServices: 'Remote services',
  remoteServicesSub: 'Lock, climate and locate from phones',
  erase: 'Erase everything',
  eraseSub: 'Makes the car as new, for a sale',
  eraseWarn: 'Erases all people, keys, trips, messages and settings in this car. There is no way back.',
  exportAll: 'Export settings',
  exportSub: 'Your settings as a file',
  export: 'Export',
  logout: 'Log out',
  logoutSub: 'Back to the picker',
  on: 'On',
  off: 'Off',
  invite: 'Invite',
  name: 'Name',
  remove: 'Remove',
  removeSure: (name) => `Remove ${name}? Removing erases their data in the car.`,
  activate: 'Activate',
  resetPin: 'Reset PIN',
  cancelInvitation: 'Cancel invitation',
  invited: { invited: 'invited', confirmed: 'accepted, to be activated', 'awaiting-activation': 'to be activated' },

  // phones
  position: 'Position',
  live: 'live',
  noPosition: 'No position right now',
  limitedTitle: 'Position is limited',
  limitedText: (main) => `${main} shares status and warnings with you, not where the car is.`,
  battery: 'Battery',
  fuel: 'Fuel',
  range: 'Range',
  warnings: (n) => plural(n, 'Warning', 'Warnings'),
  tabs: { car: 'Car', trips: 'Trips', chat: 'Chat', more: 'More' },
  count: (n) => `${n} of 5`,
  gets: { shared: 'Position, status, trips', limited: 'Status and warnings' },
  yourAccess: 'Your access',
  removing: 'Removing erases their data in the car',
  allTrips: 'newest first',
  assign: 'Assign',
  assignTo: 'Assign to',
  assignedToYou: 'assigned to you',
  phoneNotAssigned: 'not assigned',
  noPhones: 'No phone is in this world.',
  noPhone: (name) => `There is no phone of ${name} in this world.`,
  noUser: 'Not a user of this car',
  notMember: 'You are not a user of this car.',
  invitedTo: 'You were invited to a car.',
  askCode: 'Text me a code',
  codeSms: 'Code from the text message',
  accountPassword: 'Password of your account',
  accept: 'Accept',
  addCar: 'Add a car with its security code',
  add: 'Add',
  mail: 'Mail',
  sms: 'Text messages',
  lock: 'Lock', unlock: 'Unlock', climate: 'Climate', flash: 'Flash', locate: 'Locate',
  transfer: 'Transfer the car',
  transferWarn: 'Everybody leaves the car, you too.',
  share: 'Share',
  limit: 'Limit',
  restrict: 'Functions',
  save: 'Save',
  newPhone: 'I have a new phone',
  results: {
    waiting: 'Waiting for the car…', done: 'Done', unknown: 'No answer from the car. It may have happened.',
  },
  doing: { lock: 'Locked', unlock: 'Unlocked', climate: 'Climate', flash: 'Lights flashed', locate: 'Located', message: 'Sent', book: 'Asked for', assign: 'Assigned' },

  // workshop
  workshop: 'Workshop Nord',
  shopRows: { main: 'Main user', secondary: 'Secondary users', mileage: 'Mileage, daily', service: 'Service due', warnings: 'Warnings', battery: '12 V battery', position: 'Position' },
  notShared: 'not shared',
  noWarnings: 'none',
  nobody: 'nobody',
  nextReport: 'next report',
  nextDay: 'from 02:00 UTC',
  dueNow: 'now',
  inKm: (km) => `${km} km`,
  inDays: (days) => days === 1 ? '1 day' : `${days} days`,
  dueIn: (all) => 'in ' + all.join(' or '),
  removeMain: 'Remove main user',
  removeMainWarn: (n) => n === 0 ? 'Removing the main user removes everybody’s access.' : n === 1 ? 'Removing the main user also removes the secondary user.' : n === 2 ? 'Removing the main user also removes both secondary users.' : `Removing the main user also removes all ${n} secondary users.`,
  removeAll: 'Remove all of them',
  inviteMain: 'Invite a main user',
  noChat: 'No messages yet. What people write to the workshop stands here.',
  toEverybody: 'To everybody',
  quote: 'Quote',
  writeAll: 'Message to everybody',
};
