// @ts-check
/** Keyboard shortcuts, and the list of them that `?` shows. None acts while somebody types. */

import { isServed } from "./api.js";
import { html, nothing, render } from "./html.js";

/** @type {Map<string, {text: string, act: () => void}>} */
const shortcuts = new Map();
const NAMES = { " ": "Space" };

/**
 * Name what a key does on this page.
 * @param {string} key As `KeyboardEvent.key` names it.
 * @param {string} text
 * @param {() => void} act
 * @returns {() => void} Takes the shortcut away.
 */
export function shortcut(key, text, act) {
  shortcuts.set(key, { text, act });
  return () => void shortcuts.delete(key);
}

/** Listen to the keyboard. */
export function listen() {
  shortcut("?", "show this list", showHelp);
  document.getElementById("keys")?.addEventListener("click", showHelp);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const entry = shortcuts.get(event.key);
    if (!entry || (event.key === " " && isPressing(event.target))) return;
    event.preventDefault();
    entry.act();
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  const element = /** @type {HTMLElement} */ (target);
  return Boolean(element.closest?.("textarea, select, dialog, input:not([type=checkbox], [type=range])"));
}

/** @param {EventTarget | null} target */
function isPressing(target) {
  return Boolean(/** @type {HTMLElement} */ (target).closest?.("button, a, summary, input"));
}

/** What the keyboard does on this page, as a list. */
export function keyList() {
  return html`<dl class="facts">${[...shortcuts].map(([key, { text }]) => html`
      <dt><kbd>${NAMES[/** @type {" "} */ (key)] ?? key}</kbd></dt><dd>${text}</dd>`)}
      <dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>in a chart or a map: read the values</dd>
      <dt><kbd>Tab</kbd></dt><dd>the next control</dd></dl>`;
}

function showHelp() {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("help"));
  render(html`<h2 id="help-title">Keyboard</h2>${keyList()}
    <p class="tools"><button type="button" @click=${() => dialog.close()}>Close</button>
      ${isServed ? html`<a href="/help" @click=${() => dialog.close()}>More help</a>` : nothing}</p>`, dialog);
  dialog.showModal();
}
