// @ts-check
/** What the linter found: what, why, and the button that mends it. */

import { html, nothing } from "../html.js";

/**
 * @param {any} item
 * @param {(key: string, value: any) => void} edit
 */
export function finding(item, edit) {
  const apply = () => item.edits.forEach((/** @type {any} */ change) => edit(change.key, change.value));
  return html`<div class="notice finding ${item.severity}"><strong>${item.message ?? item.title}</strong>
    <details><summary>Why? <span class="soft">${item.code}</span></summary><p>${item.why}</p></details>
    <p>${item.fix}</p>
    ${item.edits?.length ? html`<button type="button" @click=${apply}>Apply<span class="unseen"> the fix of ${item.code}</span></button>` : nothing}</div>`;
}
