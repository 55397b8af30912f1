// @ts-check
/** The start of the page: theme, keyboard, and the page of the address. */

import { get } from "./api.js";
import { toast } from "./announce.js";
import { listen, shortcut } from "./keys.js";
import { watchList } from "./live.js";
import { followLinks, navigate, show } from "./router.js";

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

async function showRunning() {
  const link = /** @type {HTMLAnchorElement} */ (document.getElementById("running"));
  try {
    const { running } = await get("/api/state");
    link.hidden = !running;
    link.href = running ? `/runs/${encodeURIComponent(running)}` : "/runs";
    link.textContent = running ? "training" : "";
  } catch {
    link.hidden = true;
  }
}

function focusSearch() {
  const field = /** @type {HTMLElement | null} */ (document.querySelector("input[type=search]"));
  if (field) field.focus();
  else navigate("/runs");
}

listen();
shortcut("/", "search the runs", focusSearch);
shortcut("t", "change the theme", nextTheme);
shortcut("g", "go to the list of runs", () => navigate("/runs"));
shortcut("p", "go to the playground", () => navigate("/play"));
document.getElementById("theme")?.addEventListener("click", nextTheme);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("themechange")));
showTheme();
followLinks();
watchList(() => void showRunning());
void showRunning();
void show();
