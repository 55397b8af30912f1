// @ts-check
/** The text of a lesson: a tree from the server, drawn from a closed list of elements. */

import { tied } from "../format.js";
import { html, nothing } from "../html.js";
import { copyable } from "../parts/copy.js";

/**
 * @typedef {string | {tag: string, children: Node[], href?: string, language?: string, attributes?: Record<string, string>}} Node
 */

const MATHML = "http://www.w3.org/1998/Math/MathML";
const FORMULA = new Set(["math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msup", "msub", "msubsup", "mfrac", "msqrt", "mover", "munder", "munderover", "mtable", "mtr", "mtd"]);

/**
 * Return the template of nodes.
 * @param {Node[]} nodes
 * @returns {import("../html.js").Template}
 */
export function tree(nodes) {
  return nodes.map((node) => (typeof node === "string" ? tied(node) : FORMULA.has(node.tag) ? shown(node) : element(node)));
}

/** A formula on a line of its own scrolls where it is wider than a phone. @param {Exclude<Node, string>} node */
function shown(node) {
  if (node.attributes?.display !== "block") return formula(node);
  return html`<span class="formula" tabindex="0" role="group" aria-label="Formula">${formula(node)}</span>`;
}

/** @type {Record<string, (inner: any) => any>} */
const ELEMENTS = {
  h2: (inner) => html`<h2>${inner}</h2>`, h3: (inner) => html`<h3>${inner}</h3>`, p: (inner) => html`<p>${inner}</p>`,
  ul: (inner) => html`<ul>${inner}</ul>`, ol: (inner) => html`<ol>${inner}</ol>`, li: (inner) => html`<li>${inner}</li>`,
  strong: (inner) => html`<strong>${inner}</strong>`, em: (inner) => html`<em>${inner}</em>`, code: (inner) => html`<code>${inner}</code>`,
  blockquote: (inner) => html`<blockquote>${inner}</blockquote>`, hr: () => html`<hr>`,
  table: (inner) => html`<div class="scroll"><table>${inner}</table></div>`, thead: (inner) => html`<thead>${inner}</thead>`,
  tbody: (inner) => html`<tbody>${inner}</tbody>`, tr: (inner) => html`<tr>${inner}</tr>`, th: (inner) => html`<th scope="col">${inner}</th>`, td: (inner) => html`<td>${inner}</td>`,
};

/** @param {Exclude<Node, string>} node */
function element(node) {
  if (node.tag === "a") return html`<a href=${node.href ?? ""}>${tree(node.children)}</a>`;
  if (node.tag === "pre") return commands(String(node.children[0] ?? ""));
  return ELEMENTS[node.tag]?.(tree(node.children)) ?? nothing;
}

/** @param {string} text */
function commands(text) {
  const lines = text.trim().split("\n");
  return copyable(lines.join("\n"), lines.length > 1 ? "commands" : "command");
}

/**
 * Return a formula as an element of MathML.
 * @param {Exclude<Node, string>} node
 * @returns {Element}
 */
export function formula(node) {
  const made = document.createElementNS(MATHML, FORMULA.has(node.tag) ? node.tag : "mrow");
  for (const [name, value] of Object.entries(node.attributes ?? {})) made.setAttribute(name, value);
  for (const child of node.children) made.append(typeof child === "string" ? child : formula(child));
  return made;
}
