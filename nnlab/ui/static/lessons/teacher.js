// @ts-check
/** For teachers: the answer sheet, and links that hide what students shall not turn. */

import { html, render } from "../html.js";
import { copyable } from "../parts/copy.js";
import { tree } from "./tree.js";

const PARTS = ["dataset", "model", "optimizer", "train", "seeds", "answers", "teacher"];

class Teacher extends HTMLElement {
  /** @type {any} */
  block = null;
  /** @type {Set<string>} */
  #hidden = new Set(["teacher"]);

  connectedCallback() {
    this.#draw();
  }

  /** @param {string} part @param {boolean} isHidden */
  #toggle(part, isHidden) {
    if (isHidden) this.#hidden.add(part);
    else this.#hidden.delete(part);
    this.#draw();
  }

  #draw() {
    const hidden = PARTS.filter((part) => this.#hidden.has(part)).join(",");
    const link = location.origin + location.pathname + (hidden ? `?hide=${hidden}` : "");
    render(html`<details class="card teacher"><summary>For teachers</summary><h3>Answer sheet</h3>${tree(this.block.nodes)}
      <h3>A link without some controls</h3>
      <fieldset class="tools"><legend class="unseen">Hide</legend>${PARTS.map((part) => html`<label><input type="checkbox" .checked=${this.#hidden.has(part)} @change=${(/** @type {any} */ event) => this.#toggle(part, event.target.checked)}> ${part}</label>`)}</fieldset>
      ${copyable(link, "link")}</details>`, this);
  }
}

customElements.define("nn-teacher", Teacher);
