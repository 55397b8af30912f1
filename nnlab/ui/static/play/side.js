// @ts-check
/** The right of the playground: the answer with its curves, the YAML, the price, and the command. */

import { bytes, count, duration, number, spread } from "../format.js";
import { html, nothing } from "../html.js";
import { late } from "../late.js";
import { copyable, copyButton } from "../parts/copy.js";
import { editor } from "../parts/editor.js";
import { finding } from "../parts/findings.js";
import { packed } from "../parts/link.js";
import { navigate } from "../router.js";
import { nextSettings } from "./next.js";
import { captionOf, grouped, lineOf, lookOf } from "../parts/metrics.js";

/** @typedef {import("../pages/play.js").Playground} Playground */

/**
 * @param {Playground} page
 * @param {Set<string>} placed Keys whose findings stand beside a control.
 */
export function side(page, placed) {
  return html`<div class="stack play-side">
    ${page.training.series.length ? html`<section class="card" aria-label="Result">${result(page)}</section>` : nothing}
    <section class="card" aria-label="Experiment">${experiment(page, placed)}</section></div>`;
}

/** @param {Playground} page */
function result(page) {
  const { series, run } = page.training;
  const main = series.find(({ metric }) => metric === "val.accuracy") ?? series.find(({ metric }) => metric.startsWith("val.")) ?? series[0];
  const last = main.epochs.length - 1;
  return html`<p class="answer"><strong>${spread(main.mean[last], main.low[last], main.high[last])}</strong> ${main.metric} over ${count(main.num_seeds ?? 1, "seed")}</p>
    ${page.isStale ? html`<p class="caption">The settings have changed since this training began; it keeps its own.</p>` : nothing}
    <p class="caption"><a href="/runs/${encodeURIComponent(run ?? "")}">All of this run</a></p>`;
}

const chart = late(() => import("../parts/chart.js"));

/**
 * The curves of the training, below what its seeds say.
 * @param {Playground} page
 */
export function curves(page) {
  const { series } = page.training;
  if (!series.length || !chart(() => page.draw())) return nothing;
  const charts = [...grouped(series.map(({ metric }) => metric))].map(([name, metrics]) => {
    const lines = metrics.map((metric) => series.find((one) => one.metric === metric)).map((one) => lineOf(one, lookOf(one.metric)));
    return html`<nn-chart .spec=${{ title: name, x: "epoch", height: 180, hasSeeds: true, lines }}></nn-chart>`;
  });
  return html`<section class="card" aria-label="Curves"><div class="play-curves">${charts}</div><p class="caption">${captionOf(series[0])}</p></section>`;
}

/**
 * @param {Playground} page
 * @param {Set<string>} placed
 */
function experiment(page, placed) {
  const { yaml, answer } = page.experiment;
  const others = (answer?.findings ?? []).filter(({ key }) => !placed.has(key));
  const edit = (/** @type {string} */ key, /** @type {any} */ value) => void page.experiment.edit(key, value);
  return html`<h2>The experiment</h2>${editor(yaml, answer?.errors ?? [], (text) => void page.experiment.write(text))}${nextSettings(page)}
    ${others.map((item) => finding(item, edit))}
    ${answer?.skipped ? html`<p class="caption">The data were not checked: ${answer.skipped}</p>` : nothing}${price(answer)}
    <p class="tools">${copyButton(yaml, "YAML")}<button type="button" @click=${() => void compare(yaml)}>Compare with another</button></p>
    ${answer?.command ? html`<h3>The same from the command line</h3>${copyable(answer.command, "command")}
      ${answer.command.endsWith(".yaml") ? html`<p class="caption">Save the YAML as ${answer.command.split(" ").at(-1)} first.</p>` : nothing}` : nothing}`;
}

/** Go to the form of a comparison with this experiment; nothing is trained. @param {string} yaml */
async function compare(yaml) {
  navigate(`/compare#a=${await packed(yaml)}`);
}

/** @param {import("./experiment.js").Answer | null} answer */
function price(answer) {
  if (!answer?.price) return nothing;
  const { memory, disk, seconds } = answer.price;
  const size = (/** @type {any} */ value) => (typeof value === "number" ? bytes(value) : value);
  const parts = [
    ["parameters", answer.parameters === null || answer.parameters === undefined ? null : number(answer.parameters, 3)],
    ["memory", memory === null || memory === undefined ? null : size(memory)], ["disk", disk === null || disk === undefined ? null : size(disk)],
    ["time", seconds === null || seconds === undefined ? null : `about ${duration(seconds)}`],
  ].filter(([, value]) => value !== null);
  return html`<dl class="price" aria-label=${`Price of ${count(answer.config["train.seeds"], "seed")}`}>${parts.map(([name, value]) => html`<div><dt>${name}</dt><dd class="number">${value}</dd></div>`)}</dl>`;
}
