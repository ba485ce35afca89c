// Light or dark, before anything is drawn: what was chosen here, else what the system says.
// A script and no module, for a module comes after the first picture.

(() => {
  const light = matchMedia('(prefers-color-scheme: light)');
  const show = () => {
    let chosen = 'auto';
    try { chosen = localStorage.getItem('theme') || 'auto'; } catch { /* not kept */ }
    document.documentElement.dataset.theme = chosen === 'auto' ? (light.matches ? 'light' : 'dark') : chosen;
  };
  light.addEventListener('change', show);
  addEventListener('theme', show); // theme.js: another was chosen
  show();
})();
