// As long as a module of the page, so that it is worth to be zipped.
for (const kind of ['world', 'clock', 'link', 'step', 'wheel', 'people', 'privacy', 'settings', 'nav', 'trips', 'notes', 'receipt', 'phone', 'workshop']) {
  new EventSource('/api/events').addEventListener(kind, (e) => console.log(kind, e.data));
}
