// @ts-check
/** One contender of the form: a bundled experiment or a run by name, or YAML. */

import { get } from "../api.js";
import { html, nothing } from "../html.js";
import { editor } from "../parts/editor.js";
import { Experiment } from "../play/experiment.js";

export class Side {
  reference = "";
  error = "";
  #turn = 0;

  /**
   * @param {string} title "First contender".
   * @param {() => void} changed
   */
  constructor(title, changed) {
    this.title = title;
    this.changed = changed;
    this.experiment = new Experiment(changed);
  }

  get isReady() {
    return Boolean(this.experiment.answer?.is_valid) && !this.error;
  }

  /** Take over the experiment that a name stands for. @param {string} reference */
  async choose(reference) {
    const mine = ++this.#turn;
    [this.reference, this.error] = [reference, ""];
    if (reference) {
      try {
        const { yaml } = await get("/api/compare/contender", { reference });
        if (mine === this.#turn) await this.experiment.write(yaml);
      } catch (error) {
        if (mine === this.#turn) this.error = /** @type {Error} */ (error).message;
      }
    }
    this.changed();
  }

  /** Take over a text; it has no name but its own. @param {string} yaml */
  write(yaml) {
    this.#turn += 1;
    [this.reference, this.error] = ["", ""];
    return this.experiment.write(yaml);
  }

  close() {
    this.experiment.close();
  }
}

/**
 * @param {Side} side
 * @param {number} number
 */
export function sideForm(side, number) {
  const { answer, error, yaml } = side.experiment;
  const said = [side.error, error].filter(Boolean);
  return html`<fieldset class="side"><legend><span class="sign s${number}" aria-hidden="true"></span>${side.title}</legend>
    <label for="side-${number}">Bundled experiment or run</label>
    <input id="side-${number}" list="references" autocomplete="off" spellcheck="false" placeholder="the YAML below" .value=${side.reference}
      @change=${(/** @type {any} */ event) => void side.choose(event.target.value.trim())}>
    ${said.map((text) => html`<p class="notice error" role="alert">${text}</p>`)}
    <p class="caption">${answer?.is_valid ? html`<strong>${answer.config.name}</strong>: ${answer.config["model.name"]} on ${answer.config["dataset.name"]}` : nothing}</p>
    <details ?open=${Boolean(answer?.errors.length)}><summary>YAML</summary>
      ${editor(yaml, answer?.errors ?? [], (text) => void side.write(text), { name: `${side.title} as YAML`, id: `errors-${number}` })}</details></fieldset>`;
}
