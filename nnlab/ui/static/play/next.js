// @ts-check
/** What becomes of a change that is made while a training is under way: it keeps what it began with. */

import { html, nothing } from "../html.js";

/** @typedef {import("../pages/play.js").Playground} Playground */

/** Say what becomes of changed settings, if they are changed. @param {Playground} page */
export function nextSettings(page) {
  return page.isStale ? said(page, "settings", "these") : nothing;
}

/** Say what becomes of points that are being drawn. @param {Playground} page */
export function nextPoints(page) {
  return said(page, "data", "these points");
}

/** @param {Playground} page @param {string} kept @param {string} changed */
function said({ training }, kept, changed) {
  if (training.isPaused) return html`<p class="notice info">The paused training keeps its own ${kept}: Resume goes on with them, Start anew takes ${changed}.</p>`;
  if (!training.isRunning && !training.isStarting) return nothing;
  return html`<p class="notice info">The training under way keeps its own ${kept}; the next one takes ${changed}.</p>`;
}
