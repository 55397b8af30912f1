// @ts-check
/** The decision regions of one seed, small. */

import { seedOf, voteImage } from "./votes.js";

class Mini extends HTMLElement {
  /** @type {{regions: import("./votes.js").Regions, seed: number} | null} */
  #scene = null;
  #recolor = () => this.#draw();

  /** @param {{regions: import("./votes.js").Regions, seed: number}} scene */
  set scene(scene) {
    if (this.#scene?.regions === scene.regions && this.#scene.seed === scene.seed) return;
    this.#scene = scene;
    this.#draw();
  }

  connectedCallback() {
    addEventListener("themechange", this.#recolor);
    this.#draw();
  }

  disconnectedCallback() {
    removeEventListener("themechange", this.#recolor);
  }

  #draw() {
    if (!this.isConnected || !this.#scene) return;
    const { regions, seed } = this.#scene;
    const canvas = this.querySelector("canvas") ?? this.appendChild(document.createElement("canvas"));
    [canvas.width, canvas.height] = [regions.width, regions.height];
    canvas.getContext("2d")?.putImageData(voteImage(seedOf(regions, seed), null), 0, 0);
  }
}

customElements.define("nn-mini", Mini);
