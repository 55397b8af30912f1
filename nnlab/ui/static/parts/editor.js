// @ts-check
/** The YAML of the experiment: a text area over a painted copy of its text. */

import { html, live } from "../html.js";

const TOKENS = /(#.*$)|([\w.-]+)(?=\s*:(?:\s|$))|("(?:[^"\\]|\\.)*"|'[^']*')|(\b(?:true|false|null|full|auto)\b)|([+-]?\d[\d_]*\.?\d*(?:e[+-]?\d+)?\b)/gimu;
const KINDS = ["comment", "key", "string", "word", "numeral"];

/**
 * @param {string} yaml
 * @param {{line: number | null, column: number | null, text: string}[]} errors
 * @param {(yaml: string) => void} write
 * @param {{name: string, id: string}} [own] What it is called, and the id of its errors; each editor of a page has its own.
 */
export function editor(yaml, errors, write, { name, id } = { name: "The experiment as YAML", id: "yaml-errors" }) {
  const lines = yaml.split("\n");
  const wrong = new Set(errors.map(({ line }) => line));
  return html`<div class="editor"><pre aria-hidden="true">${lines.map((line, index) => html`<span class=${wrong.has(index + 1) ? "line wrong" : "line"}>${painted(line)}</span>`)}</pre>
    <textarea aria-label=${name} aria-describedby=${id} spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off" rows=${Math.max(6, lines.length)}
      .value=${live(yaml)} @input=${(/** @type {any} */ event) => write(event.target.value)} @scroll=${follow}></textarea></div>
    <ul class="errors" id=${id}>${errors.map((error) => html`<li class="notice error">${error.line ? html`<strong>line ${error.line}</strong> ` : ""}${error.text}</li>`)}</ul>`;
}

/** Keep the painted copy below the letters. @param {Event} event */
function follow(event) {
  const area = /** @type {HTMLElement} */ (event.target);
  const paint = area.previousElementSibling;
  if (paint) [paint.scrollLeft, paint.scrollTop] = [area.scrollLeft, area.scrollTop];
}

/** @param {string} line */
function painted(line) {
  const parts = [];
  let end = 0;
  for (const match of line.matchAll(TOKENS)) {
    parts.push(line.slice(end, match.index), html`<i class=${KINDS[match.slice(1).findIndex((group) => group !== undefined)]}>${match[0]}</i>`);
    end = match.index + match[0].length;
  }
  parts.push(`${line.slice(end)}\n`);
  return parts;
}
