// @ts-check
/** A sweep: what it found, how lucky the winner was, and every trial. */

import { get } from "../api.js";
import { html, nothing, render } from "../html.js";
import { copyable } from "../parts/copy.js";
import { plainTable } from "../parts/run-parts.js";

/**
 * @param {HTMLElement} root
 * @param {URL} _url
 * @param {string[]} parts
 */
export async function open(root, _url, [id]) {
  const facts = await get(`/api/sweeps/${encodeURIComponent(id)}`);
  render(html`<div class="head"><h1>${facts.name ?? id}</h1><span class="chip">sweep</span><span class="status ${facts.status ?? ""}">${facts.status ?? ""}</span></div><div class="stack">
    <section class="card" aria-label="Result"><p class="answer">${facts.verdict?.text ?? facts.verdict ?? "Not finished yet."}</p>
      ${(facts.words ?? []).map((/** @type {string} */ text) => html`<p>${text}</p>`)}</section>
    ${(facts.pictures ?? []).length ? html`<div class="grid">${facts.pictures.map((/** @type {any} */ picture) => html`<figure class="card"><h3>${picture.title}</h3><img loading="lazy" src="/api/runs/${encodeURIComponent(id)}/pictures/${picture.name}.svg" alt=${picture.alt}></figure>`)}</div>` : nothing}
    ${table(facts.trials, "Trials")}${table(facts.rungs, "Rungs")}
    ${facts.command ? html`<section class="card"><h2>Take it away</h2>${copyable(facts.command, "command")}</section>` : nothing}</div>`, root);
  return {};
}

/**
 * @param {any} content
 * @param {string} title
 */
function table(content, title) {
  return content?.rows?.length ? html`<section class="card"><h2>${title}</h2>${plainTable(content, title)}</section>` : nothing;
}
