// @ts-check
/** The stage while data are drawn by hand: classes to choose, the plane, and a file of one's own. */

import { say } from "../announce.js";
import { html, nothing } from "../html.js";
import "../parts/sketch.js";
import { readTable } from "./csv.js";
import { nextPoints } from "./next.js";
import { sign } from "./points.js";

/** @typedef {import("../pages/play.js").Playground} Playground */
/** @typedef {import("./sketch.js").Sketch} Sketch */

/** @param {Playground} page @param {Sketch} sketch */
export function drawing(page, sketch) {
  const act = (/** @type {() => void} */ change) => () => { change(); say(sketch.sentence); page.draw(); };
  const { isErasing, isCurve } = sketch;
  const kind = (/** @type {boolean} */ wanted, /** @type {string} */ name) => html`<button type="button" aria-pressed=${isCurve === wanted} @click=${act(() => { if (isCurve !== wanted) sketch.restart(wanted); })}>${name}</button>`;
  return html`<section class="card play-stage" aria-label="Drawn data">
    <div class="stage-head"><h2>Draw the data</h2><div class="segmented" role="group" aria-label="Kind of data">${kind(false, "classes")}${kind(true, "a curve")}</div></div>
    ${nextPoints(page)}<div class="tools sketch-tools" role="group" aria-label="What a click does">
      ${isCurve ? html`<button type="button" aria-pressed=${!isErasing} @click=${act(() => { sketch.isErasing = false; })}>${sign(0)}Add</button>` : sketch.classes.map((name, index) => html`
      <button type="button" aria-pressed=${!isErasing && sketch.current === index} title="Key ${index + 1}" @click=${act(() => { [sketch.current, sketch.isErasing] = [index, false]; })}>${sign(index)}<span class="unseen">class</span> ${name}</button>`)}
      <button type="button" aria-pressed=${isErasing} @click=${act(() => { sketch.isErasing = true; })}>Erase</button></div>
    <nn-sketch .sketch=${sketch} @changed=${() => page.draw()}></nn-sketch>
    <p class="reading">${sketch.points.length ? `${sketch.sentence}.` : isCurve ? "Click to add points, drag to paint them; what is upwards is to be predicted from what is across." : "Click to add points, drag to paint them; or choose a file with two numbers and a class in each line."}</p>
    ${page.sketchError ? html`<p class="notice error" role="alert">${page.sketchError}</p>` : nothing}
    <div class="tools"><button type="button" class="primary" ?disabled=${!isEnough(sketch)} @click=${() => void page.useSketch()}>Use these points</button>
      <button type="button" ?disabled=${!sketch.canUndo} @click=${act(() => sketch.undo())}>Undo</button>
      <button type="button" ?disabled=${!sketch.points.length} @click=${act(() => sketch.clear())}>Clear</button>
      <label class="button">Load a CSV file<input type="file" class="unseen" accept=".csv,text/csv" @change=${(/** @type {any} */ event) => void load(page, sketch, event.target)}></label>
      <button type="button" class="quiet" @click=${() => page.set({ sketch: null, sketchError: "" })}>Cancel</button></div>
    <p class="caption">${isEnough(sketch) ? "They are written to a new file in the folder “drawn”, which the YAML then reads, here and from the command line." : isCurve ? "At least 10 points." : "At least 10 points, and two classes."}</p></section>`;
}

/** Whether there are as many points as can be split. @param {Sketch} sketch */
function isEnough({ points, isCurve }) {
  return points.length >= 10 && (isCurve || new Set(points.map((point) => point[2])).size > 1);
}

/** @param {Playground} page @param {Sketch} sketch @param {HTMLInputElement} input */
async function load(page, sketch, input) {
  const file = input.files?.[0];
  input.value = "";
  if (!file) return;
  try {
    sketch.load(await readTable(file));
    page.set({ sketchError: "" });
    say(`${file.name}: ${sketch.sentence}`);
  } catch (error) {
    page.set({ sketchError: /** @type {Error} */ (error).message });
  }
}
