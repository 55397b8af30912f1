// @ts-check
/** What was deleted, and the buttons that restore it. */

import { get, post } from "../api.js";
import { toast } from "../announce.js";
import { ago } from "../format.js";
import { html, render } from "../html.js";

/** @param {HTMLElement} root */
export async function open(root) {
  const { rows } = await get("/api/trash");
  const restore = async (/** @type {string} */ id) => {
    await post(`/api/runs/${encodeURIComponent(id)}/restore`);
    toast(`Restored ${id}`);
    await open(root);
  };
  render(html`<div class="head"><h1>Trash</h1><a href="/runs">Back to the runs</a></div>
    ${rows.length ? html`<div class="card scroll"><table><caption class="unseen">Deleted runs</caption><thead><tr><th scope="col">Run</th><th scope="col">Deleted</th><th scope="col"><span class="unseen">Restore</span></th></tr></thead>
      <tbody>${rows.map((/** @type {any} */ row) => html`<tr><th scope="row">${row.name ?? row.id}</th><td>${ago(row.deleted ?? row.created)}</td><td><button type="button" @click=${() => restore(row.id)}>Restore<span class="unseen"> ${row.id}</span></button></td></tr>`)}</tbody></table></div>`
      : html`<div class="card empty"><p>Nothing was deleted.</p></div>`}`, root);
  return {};
}
