// @ts-check
/** The start of the page: theme, keyboard, and the page of the address. */

import { get } from "./api.js";
import { listen, shortcut } from "./keys.js";
import { watchList } from "./live.js";
import { listenToTheme } from "./theme-button.js";
import { followLinks, navigate, show } from "./router.js";

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
listenToTheme();
shortcut("g", "go to the list of runs", () => navigate("/runs"));
shortcut("p", "go to the playground", () => navigate("/play"));
followLinks();
watchList(() => void showRunning());
void showRunning();
void show();
