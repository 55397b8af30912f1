// @ts-check
/** The stage before a training: the points of the data, or some of their pictures. */

import { count, number } from "../format.js";
import { html, nothing } from "../html.js";
import { dataSentence } from "../parts/words.js";
import "../parts/grey.js";
import "../parts/plane.js";
import { chosen, legend } from "./points.js";

/** @typedef {import("../pages/play.js").Playground} Playground */
/** @typedef {import("./sample.js").Answer} Answer */

/** Return the data, or nothing if they are not known. @param {Playground} page */
export function data(page) {
  const { answer, error } = page.sample;
  if (!answer) return error && error !== page.experiment.answer?.price?.refused ? html`<p class="notice error">${error}</p>` : nothing;
  if (answer.kind === "pictures") return pictures(answer);
  if (answer.kind === "none") return html`<p class="soft">${count(answer.number, "example")}; their inputs have no plane to draw.</p>`;
  return points(page, answer);
}

/** @param {Playground} page @param {Answer} answer */
function points(page, answer) {
  const shown = chosen(answer, page.points);
  const isLine = answer.kind === "line";
  const examples = isLine ? { inputs: shown.inputs.map(([x], index) => [x, shown.targets[index]]), targets: shown.targets.map(() => 0) } : shown;
  const columns = answer.columns ?? [];
  const ends = answer.extent ?? [];
  const scene = {
    regions: null, contours: [], examples, classes: answer.classes, columns, solo: null, hasPoints: true, hasContours: false,
    extent: isLine ? undefined : ends.flat(),
  };
  const across = ends.map(([low, high], axis) => `${columns[axis]} from ${number(low, 2)} to ${number(high, 2)}`).join(", ");
  const few = (answer.inputs?.length ?? 0) < answer.number ? ` The data have ${count(answer.number, "example")}.` : "";
  return html`<nn-plane .scene=${scene}></nn-plane>${legend(answer.classes)}
    <p class="reading">${dataSentence(shown.targets, answer.classes)}${page.points ? `, to ${page.points === "train" ? "train on" : "test with"}` : ""}.${few}</p>
    <p class="caption">${across}${isLine ? ", upwards the number to predict" : ""}.</p>`;
}

/** @param {Answer} answer */
function pictures({ number: all, classes, counts = [], channels = 1, height = 0, width = 0, pixels = "" }) {
  const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
  const size = channels * height * width;
  const first = counts.map((_, index) => counts.slice(0, index).reduce((sum, one) => sum + one, 0));
  const more = classes.length > counts.length ? ` of the first ${counts.length} of ${classes.length} classes` : " of each class";
  return html`<div class="samples">${counts.map((many, index) => html`<div role="group" aria-label="Class ${classes[index]}"><h3>${classes[index]}</h3>
      ${Array.from({ length: many }, (_, place) => html`<nn-grey .picture=${{ width, height, channels, pixels: bytes.subarray((first[index] + place) * size, (first[index] + place + 1) * size), label: `A ${classes[index]}` }}></nn-grey>`)}</div>`)}</div>
    <p class="caption">The first training pictures${more}; the data have ${count(all, "picture")} of ${width} × ${height} pixels${channels === 3 ? " in colour" : ""}.</p>`;
}
