// @ts-check
/** Which page an address shows. Back undoes a change of view, never a training. */

import { changed } from "./address.js";
import { say } from "./announce.js";
import { html, render } from "./html.js";

/**
 * @typedef {object} Page What a page's `open` returns.
 * @property {(url: URL) => void} [update] The query changed by Back or Forward.
 * @property {() => void} [close]
 */
/** @typedef {{open: (root: HTMLElement, url: URL, parts: string[]) => Page | Promise<Page>}} Module */

/** @type {[RegExp, () => Promise<Module>][]} */
const ROUTES = [
  [/^\/(?:runs)?$/, () => import("./pages/runs.js")],
  [/^\/trash$/, () => import("./pages/trash.js")],
  [/^\/runs\/([^/]+)$/, () => import("./pages/run.js")],
  [/^\/several$/, () => import("./pages/several.js")],
  [/^\/comparisons\/([^/]+)$/, () => import("./pages/comparison.js")],
  [/^\/sweeps\/([^/]+)$/, () => import("./pages/sweep.js")],
  [/^\/play$/, () => import("./pages/play.js")],
  [/^\/compare$/, () => import("./pages/compare.js")],
  [/^\/help$/, () => import("./pages/help.js")],
  [/^\/lessons(?:\/([^/]+))?$/, () => import("./pages/lessons.js")],
];

/** @type {Page} */
let current = {};
let shown = "";
let turn = 0;

/**
 * Go to an address of this page.
 * @param {string} address
 */
export function navigate(address) {
  history.pushState(null, "", address);
  void show();
}

/**
 * Write changes into the query of the address; null takes a name out.
 * @param {Record<string, string | null>} changes
 * @param {{isDragging?: boolean}} [how] While dragging, the entry of the history is replaced.
 * @returns {URL} The new address.
 */
export function setQuery(changes, how = {}) {
  const url = changed(new URL(location.href), changes);
  if (how.isDragging) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  return url;
}

/** Show the page of the address. */
export async function show() {
  const url = new URL(location.href);
  if (url.pathname === shown && current.update) return current.update(url);
  const mine = ++turn;
  current.close?.();
  current = {};
  shown = url.pathname;
  const root = /** @type {HTMLElement} */ (document.createElement("div"));
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  mark(url.pathname);
  try {
    const page = await opened(root, url);
    if (mine !== turn) return page.close?.();
    current = page;
  } catch (error) {
    render(failure(error), root);
  }
  if (mine !== turn) return;
  main.replaceChildren(root);
  arrive(root);
}

/**
 * @param {HTMLElement} root
 * @param {URL} url
 * @returns {Promise<Page>}
 */
async function opened(root, url) {
  for (const [pattern, load] of ROUTES) {
    const match = pattern.exec(url.pathname);
    if (match) return (await load()).open(root, url, match.slice(1).map((part) => decodeURIComponent(part ?? "")));
  }
  render(html`<h1>There is no such page</h1><section class="card lost"><p>No page has the address <code>${url.pathname}</code>.</p>
    <p>See <a href="/runs">the runs</a>, <a href="/play">the playground</a> or <a href="/lessons">the lessons</a>.</p></section>`, root);
  return {};
}

/** @param {unknown} error */
function failure(error) {
  return html`<h1>This page could not be shown</h1><p class="notice error">${/** @type {Error} */ (error).message}</p>
    <p>See <a href="/runs">the runs</a>, <a href="/play">the playground</a> or <a href="/lessons">the lessons</a>.</p>`;
}

/** @param {string} path */
function mark(path) {
  for (const link of document.querySelectorAll(".top nav a")) {
    const target = link.getAttribute("href") ?? "";
    const isHere = path.startsWith(target) || (path === "/" && target === "/runs");
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** @param {HTMLElement} root */
function arrive(root) {
  const title = root.querySelector("h1")?.textContent?.trim() ?? "";
  document.title = title ? `${title} · nnlab` : "nnlab";
  scrollTo(0, 0);
  if (document.activeElement === document.body || !document.activeElement?.isConnected) {
    document.getElementById("main")?.focus({ preventScroll: true });
  }
  say(title);
}

/** Follow links of this page without loading it anew. */
export function followLinks() {
  document.addEventListener("click", (event) => {
    const link = /** @type {HTMLElement} */ (event.target).closest?.("a");
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const url = new URL(link.href, location.href);
    if (url.origin !== location.origin || link.target || link.hasAttribute("download")) return;
    if (url.pathname.startsWith("/api/") || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    navigate(url.pathname + url.search + url.hash);
  });
  addEventListener("popstate", () => void show());
}
