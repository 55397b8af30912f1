// @ts-check
/** A plane to draw points on: click or touch to add one, drag to paint or erase; or a cross that arrow keys move. */

import { report } from "../announce.js";
import { color, faded } from "../colors.js";
import { html, render } from "../html.js";
import { paintPoints } from "./plane.js";

const ERASER = 0.035;
/** How far a painting pointer goes from one point to the next, and how far points scatter, as parts of the plane. */
const [STEP, SCATTER] = [0.03, 0.02];

/** Assign `sketch` to draw it; it fires `changed` after every change. */
class SketchPlane extends HTMLElement {
  /** @type {import("../play/sketch.js").Sketch | null} */
  #sketch = null;
  /** @type {[number, number]} The cross, from 0 to 1. */
  #cross = [0.5, 0.5];
  #isDown = false;
  /** @type {[number, number]} */
  #last = [0, 0];
  #watcher = new ResizeObserver(() => this.#draw());
  #recolor = () => this.#draw();

  /** @param {import("../play/sketch.js").Sketch} sketch */
  set sketch(sketch) {
    this.#sketch = sketch;
    if (this.isConnected) this.#draw();
  }

  connectedCallback() {
    render(html`<div class="plane-box sketch-box" role="application" tabindex="0" aria-roledescription="drawing area" @keydown=${this.#onKey} @focus=${() => this.#draw()} @blur=${() => this.#draw()}
      @pointerdown=${this.#onDown} @pointermove=${this.#onMove} @pointerup=${this.#onUp} @pointercancel=${this.#onUp}><canvas></canvas></div>`, this);
    this.#watcher.observe(this);
    addEventListener("themechange", this.#recolor);
    this.#draw();
  }

  disconnectedCallback() {
    this.#watcher.disconnect();
    removeEventListener("themechange", this.#recolor);
  }

  get #box() {
    return /** @type {HTMLElement} */ (this.querySelector(".sketch-box"));
  }

  #draw() {
    const canvas = /** @type {HTMLCanvasElement} */ (this.querySelector("canvas"));
    const side = Math.round(this.clientWidth * devicePixelRatio);
    if (!this.#sketch || !side) return;
    [canvas.width, canvas.height] = [side, side];
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    ctx.fillStyle = color("paper");
    ctx.fillRect(0, 0, side, side);
    paintGrid(ctx, side);
    const { points, extent, sentence } = this.#sketch;
    const place = (/** @type {number} */ x, /** @type {number} */ y) => [(side * (x - extent[0])) / (extent[1] - extent[0]), (side * (extent[3] - y)) / (extent[3] - extent[2])];
    paintPoints(ctx, { inputs: points, targets: points.map((point) => point[2]) }, place);
    if (document.activeElement === this.#box) paintCross(ctx, this.#cross.map((at) => at * side));
    this.#box.setAttribute("aria-label", `${sentence}. Arrow keys move a cross, Enter adds a point there, Delete removes the points there, and numbers choose the class.`);
  }

  /** Add or erase at a place, from 0 to 1 rightwards and down. @param {[number, number]} place */
  #act([right, down]) {
    const sketch = this.#sketch;
    if (!sketch) return;
    const [x, y] = [sketch.extent[0] + right * (sketch.extent[1] - sketch.extent[0]), sketch.extent[3] - down * (sketch.extent[3] - sketch.extent[2])];
    if (sketch.isErasing) sketch.remove(x, y, ERASER);
    else sketch.add(x, y);
  }

  #changed() {
    this.#draw();
    this.dispatchEvent(new CustomEvent("changed"));
    if (this.#sketch) report(this.#sketch.sentence);
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  #at(event) {
    const box = this.#box.getBoundingClientRect();
    const inside = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  }

  #onDown = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0 || !this.#sketch) return;
    this.#box.setPointerCapture(event.pointerId);
    [this.#isDown, this.#last] = [true, this.#at(event)];
    this.#cross = this.#last;
    this.#sketch.begin();
    this.#act(this.#last);
    this.#changed();
  };

  #onMove = (/** @type {PointerEvent} */ event) => {
    const [right, down] = this.#at(event);
    if (!this.#isDown || Math.hypot(right - this.#last[0], down - this.#last[1]) < STEP) return;
    this.#last = [right, down];
    const scatter = this.#sketch?.isErasing ? 0 : SCATTER;
    const beside = (/** @type {number} */ at) => Math.min(1, Math.max(0, at + scatter * (2 * Math.random() - 1)));
    this.#act([beside(right), beside(down)]);
    this.#changed();
  };

  #onUp = () => {
    this.#isDown = false;
  };

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    const sketch = this.#sketch;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const isUndo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey);
    if (!sketch || ((event.ctrlKey || event.metaKey) && !isUndo)) return;
    if (move) this.#move(move, event.shiftKey ? 0.1 : 0.02);
    else if (event.key === "Enter" || event.key === "Delete" || event.key === "Backspace") this.#press(sketch, event.key !== "Enter");
    else if (isUndo) sketch.undo();
    else if (/^[1-9]$/.test(event.key) && Number(event.key) <= sketch.classes.length && !sketch.isCurve) [sketch.current, sketch.isErasing] = [Number(event.key) - 1, false];
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (move) this.#draw();
    else this.#changed();
  };

  /** @param {number[]} move @param {number} step */
  #move(move, step) {
    const inside = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));
    this.#cross = [inside(this.#cross[0] + step * move[0]), inside(this.#cross[1] + step * move[1])];
  }

  /** Add a point at the cross, or erase there. @param {import("../play/sketch.js").Sketch} sketch @param {boolean} isErasing */
  #press(sketch, isErasing) {
    const before = sketch.isErasing;
    sketch.begin();
    sketch.isErasing = isErasing;
    this.#act(this.#cross);
    sketch.isErasing = before;
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {number} side */
function paintGrid(ctx, side) {
  ctx.strokeStyle = color("faint");
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (const at of [0.25, 0.5, 0.75]) {
    ctx.moveTo(at * side, 0);
    ctx.lineTo(at * side, side);
    ctx.moveTo(0, at * side);
    ctx.lineTo(side, at * side);
  }
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx @param {number[]} at */
function paintCross(ctx, [x, y]) {
  const size = 12 * devicePixelRatio;
  ctx.strokeStyle = faded(color("ink"), 0.8);
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x - size, y);
  ctx.lineTo(x + size, y);
  ctx.moveTo(x, y - size);
  ctx.lineTo(x, y + size);
  ctx.stroke();
}

customElements.define("nn-sketch", SketchPlane);
