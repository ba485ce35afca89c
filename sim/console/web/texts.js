// Everything that the page says, in one place.

/** proper writes a name of a scenario as people do: anna → Anna. */
export const proper = (name) => name ? name[0].toUpperCase() + name.slice(1) : '';

/** known is the name of a view. */
export function known(view) {
  const [kind, name] = view.split('/');
  return { console: 'Console', hmi: 'Head unit', workshop: 'Workshop' }[kind] || (kind === 'phone' ? proper(name || '') + '’s phone' : view);
}

export const texts = {
  noServer: 'The simulator does not answer. Nothing was sent.',
  mayHaveHappened: 'No answer came. It may have happened.',
  reconnecting: 'The simulator does not answer. Trying again…',
  panelFailed: (name) => `The panel “${name}” could not be loaded.`,
  theme: (t) => ({ auto: 'Colours: as the system', dark: 'Colours: dark', light: 'Colours: light' })[t],
};
