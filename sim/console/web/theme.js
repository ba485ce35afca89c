// The switch of light and dark; scheme.js shows what is chosen.

import { texts } from './texts.js';

const order = ['auto', 'dark', 'light'];
const chosen = () => { try { return localStorage.getItem('theme') || 'auto'; } catch { return 'auto'; } };

/** applyTheme says on the switch what was chosen. */
export function applyTheme() {
  const theme = chosen(), button = document.getElementById('theme');
  button.setAttribute('aria-label', texts.theme(theme));
  button.title = texts.theme(theme);
  button.querySelector('use').setAttribute('href', '#i-' + { auto: 'auto', dark: 'moon', light: 'sun' }[theme]);
}

/** nextTheme goes from what the system says to dark, light and back. */
export function nextTheme() {
  try { localStorage.setItem('theme', order[(order.indexOf(chosen()) + 1) % order.length]); } catch { /* not kept */ }
  dispatchEvent(new Event('theme'));
  applyTheme();
}
