// Light and dark: what the system says, or what was chosen here.

import { texts } from './texts.js';

const order = ['auto', 'dark', 'light'];
const chosen = () => { try { return localStorage.getItem('theme') || 'auto'; } catch { return 'auto'; } };

/** applyTheme shows what was chosen. */
export function applyTheme() {
  const theme = chosen(), page = document.documentElement, button = document.getElementById('theme');
  if (theme === 'auto') delete page.dataset.theme;
  else page.dataset.theme = theme;
  button.setAttribute('aria-label', texts.theme(theme));
  button.title = texts.theme(theme);
  button.querySelector('use').setAttribute('href', '#i-' + { auto: 'auto', dark: 'moon', light: 'sun' }[theme]);
}

/** nextTheme goes from what the system says to dark, light and back. */
export function nextTheme() {
  try { localStorage.setItem('theme', order[(order.indexOf(chosen()) + 1) % order.length]); } catch { /* not kept */ }
  applyTheme();
}
