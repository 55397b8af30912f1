// @ts-check
/** The templates of the page: lit-html, which escapes every text; here, every letter of it is seen, too. */

/** @typedef {unknown} Template What `html` and `svg` return. */

export { noChange, nothing, render } from "./vendor/lit-html-3.3.3/lit-html.js";
export { live } from "./vendor/lit-html-3.3.3/directives/live.js";
import { html as templateOf, svg as drawingOf } from "./vendor/lit-html-3.3.3/lit-html.js";
import { repeat as typed } from "./vendor/lit-html-3.3.3/directives/repeat.js";

// Letters that control, that turn those beside them, and that nobody sees; those within emoji are not among them.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu;
const ATTRIBUTE = /[\w.@?-]=(?:"[^"<>]*|'[^'<>]*)?$/;
/** @type {WeakMap<TemplateStringsArray, boolean[]>} */
const isText = new WeakMap();

/**
 * Return a template whose texts cannot show anything but what they are.
 * @param {TemplateStringsArray} strings
 * @param {unknown[]} values
 */
export function html(strings, ...values) {
  return templateOf(strings, ...seen(strings, values));
}

/**
 * Return a template of a picture; see `html`.
 * @param {TemplateStringsArray} strings
 * @param {unknown[]} values
 */
export function svg(strings, ...values) {
  return drawingOf(strings, ...seen(strings, values));
}

/** Values of attributes stay as they are: they are asked for again. @param {TemplateStringsArray} strings @param {unknown[]} values */
function seen(strings, values) {
  const kinds = isText.get(strings) ?? strings.map((before) => !ATTRIBUTE.test(before));
  isText.set(strings, kinds);
  return values.map((value, index) => (kinds[index] ? withMarks(value) : value));
}

/** @param {unknown} value @returns {unknown} */
function withMarks(value) {
  if (Array.isArray(value)) return value.map((one) => (typeof one === "string" ? withMarks(one) : one));
  return typeof value === "string" ? value.replace(HIDDEN, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`) : value;
}

/**
 * Return a template for each item; elements move with their key.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => unknown} key
 * @param {(item: T) => Template} template
 * @returns {Template}
 */
export function repeat(items, key, template) {
  return typed(items, key, template);
}
