// @ts-check
/** Text with a button that copies it. */

import { toast } from "../announce.js";
import { html } from "../html.js";

/**
 * Return a text and the button that copies it.
 * @param {string} text
 * @param {string} noun What is copied, for the button: "command".
 */
export function copyable(text, noun) {
  return html`<div class="copied"><pre tabindex="0" aria-label=${noun}><code>${text}</code></pre>${copyButton(text, noun)}</div>`;
}

/**
 * @param {string} text
 * @param {string} noun
 */
export function copyButton(text, noun) {
  return html`<button type="button" @click=${(/** @type {MouseEvent} */ event) => copy(text, noun, event)}>Copy ${noun}</button>`;
}

/**
 * @param {string} text
 * @param {string} noun
 * @param {MouseEvent} event
 */
async function copy(text, noun, event) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied the ${noun}`);
  } catch {
    select(/** @type {HTMLElement} */ (event.target).parentElement);
    toast(`Selected the ${noun}: press Ctrl+C`);
  }
}

/** @param {HTMLElement | null} box */
function select(box) {
  const text = box?.querySelector("pre");
  if (text) getSelection()?.selectAllChildren(text);
}
