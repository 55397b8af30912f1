// @ts-check
/** Where everything is, what the keyboard does, and where to read on. */

import { html, render } from "../html.js";
import { keyList } from "../keys.js";

/** @param {HTMLElement} root */
export function open(root) {
  render(html`<h1>Help</h1><div class="grid">
    <section class="card"><h2>Pages</h2><dl class="facts">
      <dt><a href="/runs">Runs</a></dt><dd>every run, comparison and sweep of the folder, live while it trains</dd>
      <dt><a href="/play">Playground</a></dt><dd>an experiment by controls or as YAML, trained here with all its seeds</dd>
      <dt><a href="/compare">Compare</a></dt><dd>two experiments, seed after seed until it is clear which is better</dd>
      <dt><a href="/lessons">Lessons</a></dt><dd>five lessons with experiments and questions</dd>
      <dt><a href="/trash">Trash</a></dt><dd>what was deleted, to be restored</dd></dl></section>
    <section class="card"><h2>Keyboard</h2>${keyList()}
      <p class="caption">On a page with keys of its own, <kbd>?</kbd> lists those, too.</p></section>
    <section class="card"><h2>Read on</h2><p>In a terminal: <code>nnlab --help</code>, and <code>nnlab help</code> for the keys of an experiment. This page is described in <code>docs/ui.md</code>.</p></section></div>`, root);
  return {};
}
