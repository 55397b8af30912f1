// @ts-check
/** The plane of two features: the votes of R seeds, a contour of each, the data, and a probe that reads the answers. */

import { report } from "../announce.js";
import { categorical, color, faded } from "../colors.js";
import { number } from "../format.js";
import { html, render } from "../html.js";
import { dataSentence } from "./words.js";
import { answersAt, voteImage, voteSentence } from "./votes.js";

/**
 * @typedef {object} Scene
 * @property {import("./votes.js").Regions | null} regions
 * @property {number[][][][]} contours
 * @property {{inputs: number[][], targets: number[]} | null} examples
 * @property {string[]} classes
 * @property {string[]} columns
 * @property {number | null} solo
 * @property {boolean} hasPoints
 * @property {boolean} hasContours
 * @property {number[]} [extent] What is shown without regions: x from, to, y from, to.
 */

/** The plane; assign `scene` to draw it. It fires `probe` with the seeds' answers at a point, or null. */
class Plane extends HTMLElement {
  /** @type {Scene | null} */
  #scene = null;
  /** @type {[number, number] | null} */
  #probe = null;
  #isDue = false;
  #watcher = new ResizeObserver(() => this.#soon());
  #recolor = () => this.#soon();

  /** @param {Scene} scene */
  set scene(scene) {
    const isOther = this.#scene?.regions !== scene.regions;
    this.#scene = scene;
    if (this.#probe && isOther) queueMicrotask(() => this.#fire());
    this.#soon();
  }

  connectedCallback() {
    render(html`<div class="plane-box" role="img" tabindex="0" @pointermove=${this.#onPointer} @pointerdown=${this.#onPointer}
      @pointerleave=${() => this.#set(null)} @keydown=${this.#onKey}><canvas></canvas></div>`, this);
    this.#watcher.observe(this);
    addEventListener("themechange", this.#recolor);
    this.#soon();
  }

  disconnectedCallback() {
    this.#watcher.disconnect();
    removeEventListener("themechange", this.#recolor);
  }

  #soon() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      if (this.isConnected) this.#draw();
    });
  }

  get #canvas() {
    return /** @type {HTMLCanvasElement} */ (this.querySelector("canvas"));
  }

  #draw() {
    const [canvas, scene] = [this.#canvas, this.#scene];
    const side = Math.round(this.clientWidth * devicePixelRatio);
    if (!scene || !side) return;
    if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    ctx.fillStyle = color("paper");
    ctx.fillRect(0, 0, side, side);
    const { regions } = scene;
    const extent = regions?.extent ?? scene.extent ?? extentOf(scene.examples?.inputs ?? []);
    const place = (/** @type {number} */ x, /** @type {number} */ y) => [(side * (x - extent[0])) / (extent[1] - extent[0]), (side * (extent[3] - y)) / (extent[3] - extent[2])];
    if (regions) paintRegions(ctx, scene, side);
    if (regions && scene.hasContours) paintContours(ctx, scene, place);
    if (scene.hasPoints && scene.examples) paintPoints(ctx, scene.examples, place);
    if (this.#probe && regions) paintProbe(ctx, place(...this.#probe), side);
    const name = regions ? `Decision regions. ${voteSentence(regions)} Arrow keys move a probe that reads the seeds' answers.` : `The data: ${dataSentence(scene.examples?.targets ?? [], scene.classes)}.`;
    canvas.parentElement?.setAttribute("aria-label", name);
  }

  #onPointer = (/** @type {PointerEvent} */ event) => {
    const box = this.#canvas.getBoundingClientRect();
    this.#at((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };

  /** @param {number} right From 0 to 1. @param {number} down From 0 to 1. */
  #at(right, down) {
    const extent = this.#scene?.regions?.extent;
    if (!extent) return;
    this.#set([extent[0] + right * (extent[1] - extent[0]), extent[3] - down * (extent[3] - extent[2])]);
  }

  /** @param {[number, number] | null} probe */
  #set(probe) {
    this.#probe = probe;
    this.#fire();
    this.#soon();
  }

  #fire() {
    this.dispatchEvent(new CustomEvent("probe", { detail: this.#reading() }));
  }

  #reading() {
    const regions = this.#scene?.regions;
    if (!regions || !this.#probe) return null;
    const [x, y] = this.#probe;
    const [x0, x1, y0, y1] = regions.extent;
    const column = clamp(Math.floor((regions.width * (x - x0)) / (x1 - x0)), regions.width);
    const row = clamp(Math.floor((regions.height * (y1 - y)) / (y1 - y0)), regions.height);
    return { x, y, answers: answersAt(regions, row, column) };
  }

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const extent = this.#scene?.regions?.extent;
    if (!move || !extent) return;
    event.preventDefault();
    const [width, height] = [extent[1] - extent[0], extent[3] - extent[2]];
    const [x, y] = this.#probe ?? [extent[0] + width / 2, extent[2] + height / 2];
    const step = event.shiftKey ? 0.1 : 0.02;
    this.#set([x + step * width * move[0], y + step * height * move[1]]);
    const reading = this.#reading();
    if (reading) report(answerSentence(reading, this.#scene?.classes ?? []));
  };
}

/**
 * Say what the seeds answer at a point.
 * @param {{x: number, y: number, answers: number[]}} reading
 * @param {string[]} classes
 */
export function answerSentence({ x, y, answers }, classes) {
  const tally = new Map();
  for (const answer of answers) tally.set(answer, (tally.get(answer) ?? 0) + 1);
  const parts = [...tally].sort((a, b) => b[1] - a[1]).map(([answer, votes]) => `${votes} of ${answers.length} say ${classes[answer] ?? answer}`);
  return `at (${number(x, 2)}, ${number(y, 2)}) ${parts.join(", ")}`;
}

/** Return what to show of points: x from, to, y from, to. @param {number[][]} points */
export function extentOf(points) {
  if (!points.length) return [-1, 1, -1, 1];
  const ends = [0, 1].flatMap((axis) => {
    const values = points.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return [low - 0.06 * (high - low), high + 0.06 * (high - low)];
  });
  return ends;
}

/** @param {number} index @param {number} size */
function clamp(index, size) {
  return Math.max(0, Math.min(size - 1, index));
}

/** @param {CanvasRenderingContext2D} ctx @param {Scene} scene @param {number} side */
function paintRegions(ctx, scene, side) {
  const regions = /** @type {import("./votes.js").Regions} */ (scene.regions);
  const small = new OffscreenCanvas(regions.width, regions.height);
  /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext("2d")).putImageData(voteImage(regions, scene.solo), 0, 0);
  ctx.imageSmoothingEnabled = scene.solo === null;
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(small, 0, 0, side, side);
}

/** @param {CanvasRenderingContext2D} ctx @param {Scene} scene @param {(x: number, y: number) => number[]} place */
function paintContours(ctx, scene, place) {
  scene.contours.forEach((lines, seed) => {
    const isSolo = scene.solo === seed;
    ctx.strokeStyle = faded(color("ink"), isSolo ? 0.95 : scene.solo === null ? 0.42 : 0.1);
    ctx.lineWidth = (isSolo ? 2 : 0.9) * devicePixelRatio;
    ctx.beginPath();
    for (const line of lines) line.forEach(([x, y], index) => ctx[index ? "lineTo" : "moveTo"](.../** @type {[number, number]} */ (place(x, y))));
    ctx.stroke();
  });
}

/**
 * Draw points, each as the sign and in the colour of its class.
 * @param {CanvasRenderingContext2D} ctx
 * @param {{inputs: number[][], targets: number[]}} examples
 * @param {(x: number, y: number) => number[]} place
 */
export function paintPoints(ctx, { inputs, targets }, place) {
  const radius = (inputs.length > 800 ? 2.3 : inputs.length > 150 ? 3 : 4.5) * devicePixelRatio;
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeStyle = color("paper");
  inputs.forEach(([x, y], index) => {
    ctx.fillStyle = categorical(targets[index]);
    ctx.beginPath();
    marker(ctx, place(x, y), radius, targets[index]);
    ctx.fill();
    ctx.stroke();
  });
}

/**
 * Trace the sign of a class, which goes with its colour.
 * @param {CanvasRenderingContext2D} ctx
 * @param {number[]} at
 * @param {number} radius
 * @param {number} index
 */
function marker(ctx, [x, y], radius, index) {
  if (index % 4 === 0) return ctx.arc(x, y, radius, 0, 7);
  const [corners, turn] = [[4, Math.PI / 4], [3, -Math.PI / 2], [4, 0]][(index % 4) - 1];
  const size = radius * (corners === 3 ? 1.4 : 1.25);
  for (let corner = 0; corner < corners; corner++) {
    const angle = turn + (2 * Math.PI * corner) / corners;
    ctx[corner ? "lineTo" : "moveTo"](x + size * Math.cos(angle), y + size * Math.sin(angle));
  }
  ctx.closePath();
}

/** @param {CanvasRenderingContext2D} ctx @param {number[]} at @param {number} side */
function paintProbe(ctx, [x, y], side) {
  ctx.strokeStyle = faded(color("ink"), 0.35);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, 0);
  ctx.lineTo(x, side);
  ctx.moveTo(0, y);
  ctx.lineTo(side, y);
  ctx.stroke();
  ctx.strokeStyle = color("ink");
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  ctx.arc(x, y, 7 * devicePixelRatio, 0, 7);
  ctx.stroke();
}

customElements.define("nn-plane", Plane);
