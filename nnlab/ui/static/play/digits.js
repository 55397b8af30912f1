// @ts-check
/** The stage for pictures: a pad to draw on, what the network is shown, and what every seed answers. */

import { say } from "../announce.js";
import { post } from "../api.js";
import { categorical } from "../colors.js";
import { number } from "../format.js";
import { html, nothing } from "../html.js";
import "../parts/pad.js";
import { results } from "./mistakes.js";
import "../parts/grey.js";

/** @typedef {import("../pages/play.js").Playground} Playground */

/** @param {Playground} page */
export function digits(page) {
  const { answer, training } = page;
  return html`<div class="digits">
    <div><h3>Draw a digit</h3><nn-pad @drawn=${(/** @type {CustomEvent} */ event) => void predict(page, event.detail)}></nn-pad></div>
    ${answer?.prepared ? html`<div><h3>What the network sees</h3><nn-grey .picture=${answer.prepared}></nn-grey><p class="caption">${answer.note || `${answer.prepared.width} × ${answer.prepared.height} pixels`}</p></div>` : nothing}
    ${answer ? answers(answer) : html`<p class="soft">${training.isRunning ? "The seeds are learning; draw as soon as they are done." : page.isAsking ? "The seeds are being asked…" : "Every seed will answer."}</p>`}</div>${results(page)}`;
}

/**
 * Ask every seed what it says of a drawn picture.
 * @param {Playground} page
 * @param {{width: number, height: number, pixels: number[]}} picture
 */
async function predict(page, picture) {
  const { run } = page.training;
  if (!run || page.training.isRunning) return;
  page.set({ isAsking: true });
  try {
    const answer = await post(`/api/runs/${encodeURIComponent(run)}/predict`, picture);
    if (run === page.training.run) page.set({ answer });
    say(`${answer.class}, the answer of most seeds`);
  } catch (error) {
    page.training.error = /** @type {Error} */ (error).message;
  }
  page.set({ isAsking: false });
}

/** @param {any} answer */
function answers(answer) {
  const names = Object.keys(answer.probabilities);
  const votes = new Map(names.map((name) => [name, answer.seeds.filter((/** @type {any} */ seed) => seed.class === name).length]));
  const best = answer.class;
  return html`<div class="digit-answers" role="group" aria-label="Answers"><p class="answer"><strong>${best}</strong> ${votes.get(best)} of ${answer.seeds.length} seeds</p>
    <table><caption class="unseen">Votes and mean probability of each class</caption><tbody>${names.map((name, index) => html`<tr><th scope="row">${name}</th>
      <td class="bar-cell"><span class="bar" .style=${`width:${(100 * (answer.probabilities[name] ?? 0)).toFixed(1)}%;background:${categorical(index)}`}></span></td>
      <td class="number">${answer.probabilities[name]?.toFixed(2) ?? number(null)}</td><td class="number">${votes.get(name) ? `${votes.get(name)} seeds` : ""}</td></tr>`)}</tbody></table></div>`;
}
