// @ts-check
/** The button and the key that change the theme: that of the system, light or dark. */

import { toast } from "./announce.js";
import { shortcut } from "./keys.js";

const THEMES = ["system", "light", "dark"];
const SIGNS = { system: "◐", light: "☀", dark: "☾" };

function theme() {
  return document.documentElement.dataset.theme ?? "system";
}

/** @param {string} chosen */
function setTheme(chosen) {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  try {
    localStorage.setItem("theme", chosen);
  } catch {
    // Storage may be forbidden; the theme lasts as long as the page.
  }
  showTheme();
  dispatchEvent(new Event("themechange"));
}

function showTheme() {
  const button = document.getElementById("theme");
  if (!button) return;
  const now = /** @type {keyof typeof SIGNS} */ (theme());
  button.textContent = SIGNS[now];
  button.setAttribute("aria-label", `Theme: ${now}`);
  button.title = `Theme: ${now} (t)`;
}

function nextTheme() {
  setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
  toast(`Theme: ${theme()}`);
}

/** Show the theme on its button, and change it by the button or the key. */
export function listenToTheme() {
  shortcut("t", "change the theme", nextTheme);
  document.getElementById("theme")?.addEventListener("click", nextTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("themechange")));
  showTheme();
}
