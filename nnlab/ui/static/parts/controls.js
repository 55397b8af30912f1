// @ts-check
/** The settings as controls, made from the server's schema; what the linter blames stands beside its control. */

import { number } from "../format.js";
import { html, live, noChange, nothing } from "../html.js";
import { finding } from "./findings.js";

/**
 * @typedef {object} Control
 * @property {string} key
 * @property {"select" | "number" | "integer" | "toggle" | "text" | "list"} kind
 * @property {any[]} [options]
 * @property {number | null} [minimum]
 * @property {number | null} [maximum]
 * @property {"log" | "linear"} [scale]
 * @property {any} [default]
 * @property {string} [help]
 * @property {{key: string, value: any} | null} [when]
 */
/** @typedef {(key: string, value: any) => void} Edit */
/** @typedef {{config: Record<string, any>, findings: any[], errors: any[], edit: Edit, hidden: Set<string>}} Context */

/** What a beginner turns first; everything else waits under "more". */
const FIRST = ["name", "noise", "num_samples", "hidden_sizes", "activation", "lr", "weight_decay", "epochs", "batch_size", "seeds"];
const STEPS = 1000;

/**
 * @param {{key: string, title: string, help?: string, fields: Control[]}[]} sections
 * @param {Context} context
 */
export function controls(sections, context) {
  return sections.filter(({ key }) => !context.hidden.has(key)).map((section) => {
    const fields = section.fields.filter((control) => isShown(control, context));
    const rank = (/** @type {Control} */ { key }) => (key.split(".").length > 2 ? -1 : FIRST.indexOf(key.split(".").at(-1) ?? ""));
    const first = fields.filter((control) => rank(control) >= 0).sort((one, other) => rank(one) - rank(other));
    const more = fields.filter((control) => rank(control) < 0);
    if (!fields.length) return nothing;
    return html`<fieldset><legend>${section.title}</legend>
      ${first.map((control) => field(control, context))}
      ${more.length ? html`<details class="more" ?open=${more.some(({ key }) => [...context.findings, ...context.errors].some((item) => item.key === key))}><summary>${more.length} more</summary>${more.map((control) => field(control, context))}</details>` : nothing}</fieldset>`;
  });
}

/**
 * @param {Control} control
 * @param {Context} context
 */
function isShown({ key, when }, { config, hidden }) {
  if (hidden.has(key) || hidden.has(key.split(".").at(-1) ?? "")) return false;
  return !when || [when.value].flat().includes(config[when.key]);
}

/**
 * Return the controls that are on the page, by key.
 * @param {{fields: Control[]}[]} sections
 * @param {Context} context
 */
export function shownKeys(sections, context) {
  return new Set(sections.flatMap(({ fields }) => fields).filter((control) => isShown(control, context)).map(({ key }) => key));
}

/**
 * @param {Control} control
 * @param {Context} context
 */
function field(control, context) {
  const { key } = control;
  const id = `set-${key.replaceAll(".", "-")}`;
  const blamed = context.findings.filter((item) => item.key === key);
  const wrong = context.errors.filter((item) => item.key === key);
  const value = context.config[key] ?? control.default;
  return html`<div class="field ${wrong.length ? "wrong" : ""}">
    <label for=${id} title=${key}>${(key.split(".").at(-1) ?? key).replaceAll("_", " ")}</label>
    ${input(control, id, value, context.edit)}
    ${control.help ? html`<p class="help" id="${id}-help">${control.help}</p>` : nothing}
    <div id="${id}-said">${wrong.map(({ text }) => html`<p class="notice error">${text}</p>`)}${blamed.map((item) => finding(item, context.edit))}</div></div>`;
}

/**
 * @param {Control} control
 * @param {string} id
 * @param {any} value
 * @param {Edit} edit
 */
function input(control, id, value, edit) {
  const { key, kind, minimum, maximum } = control;
  const about = `${id}-said${control.help ? ` ${id}-help` : ""}`;
  const send = (/** @type {any} */ event) => edit(key, parsed(control, event.target.value));
  if (kind === "select") return html`<select id=${id} aria-describedby=${about} @change=${send}>${(control.options ?? []).map((option) => choice(option, value))}</select>`;
  if (kind === "toggle") return html`<input type="checkbox" id=${id} aria-describedby=${about} .checked=${live(Boolean(value))} @change=${(/** @type {any} */ event) => edit(key, event.target.checked)}>`;
  const text = html`<input id=${id} aria-describedby=${about} .value=${settled(id, written(value))} inputmode=${kind === "text" ? "text" : "decimal"} autocomplete="off" spellcheck="false" @change=${send}>`;
  if (kind === "text" || kind === "list" || minimum === undefined || minimum === null || maximum === undefined || maximum === null) return text;
  return html`${text}<input type="range" class="slider" id="${id}-slider" min="0" max=${STEPS} aria-label="${key}, as a slider" aria-valuetext=${number(value)} .value=${settled(`${id}-slider`, String(position(control, Number(value))))}
    @input=${(/** @type {any} */ event) => edit(key, valueAt(control, Number(event.target.value)))}>`;
}

/**
 * Return the value of a field, unless somebody is at it: an answer that comes late takes away nothing that is being
 * typed, and moves no slider that is being dragged.
 * @param {string} id
 * @param {string} value
 */
function settled(id, value) {
  return document.activeElement?.id === id ? noChange : live(value);
}

/**
 * @param {any} option A value, or a value with its text.
 * @param {any} value
 */
function choice(option, value) {
  const own = typeof option === "object" && option !== null ? option : { value: option, text: option };
  return html`<option value=${String(own.value)} ?selected=${String(own.value) === String(value)}>${String(own.text ?? own.title ?? own.value)}</option>`;
}

/** @param {any} value */
function written(value) {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/**
 * @param {Control} control
 * @param {string} text
 */
function parsed({ kind, options }, text) {
  if (kind === "list") return text.split(/[,\s]+/).filter(Boolean).map(plain);
  if (kind === "number" || kind === "integer") return text === "" ? null : plain(text);
  if (kind === "select") return (options ?? []).map((option) => option?.value ?? option).find((option) => String(option) === text) ?? text;
  return text;
}

/** @param {string} text */
function plain(text) {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * @param {Control} control
 * @param {number} value
 */
function position({ minimum, maximum, scale }, value) {
  const [low, high] = [Number(minimum), Number(maximum)];
  if (!Number.isFinite(value)) return 0;
  if (scale === "log" && low > 0) return Math.round((STEPS * Math.log(Math.max(value, low) / low)) / Math.log(high / low));
  return Math.round((STEPS * (value - low)) / (high - low));
}

/**
 * @param {Control} control
 * @param {number} at From 0 to `STEPS`.
 */
function valueAt({ kind, minimum, maximum, scale }, at) {
  const [low, high] = [Number(minimum), Number(maximum)];
  const exact = scale === "log" && low > 0 ? low * (high / low) ** (at / STEPS) : low + ((high - low) * at) / STEPS;
  if (kind === "integer") return Math.round(exact >= 100 ? Number(exact.toPrecision(2)) : exact);
  return Number(exact.toPrecision(2));
}
