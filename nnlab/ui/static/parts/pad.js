// @ts-check
/** A pad to draw a digit on; instead of drawing, arrow keys shift the picture and buttons turn it about. */

import { html, render } from "../html.js";

const SIDE = 56;
const PEN = 2.6;

/** The pad; it fires `drawn` with its pixels, dark on white as a scanner sees them, after every stroke. */
class Pad extends HTMLElement {
  /** @type {Uint8Array} */
  #pixels = new Uint8Array(SIDE * SIDE).fill(255);
  #isDown = false;
  /** @type {[number, number] | null} */
  #last = null;

  connectedCallback() {
    render(html`<canvas class="pad" width=${SIDE} height=${SIDE} tabindex="0" role="img" @keydown=${this.#onKey}
        aria-label="A pad to draw a digit with the pointer. Arrow keys shift the drawing."
        @pointerdown=${this.#onDown} @pointermove=${this.#onMove} @pointerup=${this.#onUp} @pointercancel=${this.#onUp}></canvas>
      <div class="tools"><button type="button" @click=${() => this.#write(this.#pixels.fill(255))}>Clear</button>
        <button type="button" @click=${() => this.#write(this.#pixels.map((value) => 255 - value))}>Invert</button>
        <button type="button" @click=${() => this.#write(seven())}>Example</button></div>`, this);
    this.#paint();
  }

  get #canvas() {
    return /** @type {HTMLCanvasElement} */ (this.querySelector("canvas"));
  }

  /** @param {PointerEvent} event */
  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    return /** @type {[number, number]} */ ([(SIDE * (event.clientX - box.left)) / box.width, (SIDE * (event.clientY - box.top)) / box.height]);
  }

  #onDown = (/** @type {PointerEvent} */ event) => {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#isDown = true;
    this.#last = null;
    this.#onMove(event);
  };

  #onMove = (/** @type {PointerEvent} */ event) => {
    if (!this.#isDown) return;
    const to = this.#at(event);
    stroke(this.#pixels, this.#last ?? to, to);
    this.#last = to;
    this.#paint();
  };

  #onUp = () => {
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#fire();
  };

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    const move = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] }[event.key];
    if (!move) return;
    event.preventDefault();
    this.#write(shifted(this.#pixels, move[0], move[1]));
  };

  /** @param {Uint8Array} pixels */
  #write(pixels) {
    this.#pixels = pixels;
    this.#paint();
    this.#fire();
  }

  #paint() {
    const image = new ImageData(SIDE, SIDE);
    this.#pixels.forEach((value, place) => image.data.set([value, value, value, 255], 4 * place));
    this.#canvas.getContext("2d")?.putImageData(image, 0, 0);
  }

  #fire() {
    this.dispatchEvent(new CustomEvent("drawn", { detail: { width: SIDE, height: SIDE, pixels: [...this.#pixels] } }));
  }
}

/**
 * Draw a line with a soft round pen.
 * @param {Uint8Array} pixels
 * @param {[number, number]} from
 * @param {[number, number]} to
 */
function stroke(pixels, from, to) {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
  for (let step = 0; step <= steps; step++) {
    dab(pixels, from[0] + ((to[0] - from[0]) * step) / steps, from[1] + ((to[1] - from[1]) * step) / steps);
  }
}

/** @param {Uint8Array} pixels @param {number} x @param {number} y */
function dab(pixels, x, y) {
  for (let row = Math.max(0, Math.floor(y - PEN - 1)); row <= Math.min(SIDE - 1, y + PEN + 1); row++) {
    for (let column = Math.max(0, Math.floor(x - PEN - 1)); column <= Math.min(SIDE - 1, x + PEN + 1); column++) {
      const cover = Math.min(1, Math.max(0, PEN + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y)));
      const place = row * SIDE + column;
      pixels[place] = Math.min(pixels[place], Math.round(255 * (1 - cover)));
    }
  }
}

/** @param {Uint8Array} pixels @param {number} right @param {number} down */
function shifted(pixels, right, down) {
  return pixels.map((_, place) => {
    const [row, column] = [Math.floor(place / SIDE) - down, (place % SIDE) - right];
    return row < 0 || column < 0 || row >= SIDE || column >= SIDE ? 255 : pixels[row * SIDE + column];
  });
}

function seven() {
  const pixels = new Uint8Array(SIDE * SIDE).fill(255);
  stroke(pixels, [17, 15], [39, 15]);
  stroke(pixels, [39, 15], [26, 43]);
  return pixels;
}

customElements.define("nn-pad", Pad);
