// @ts-check
/** The middle of the playground: what the seeds say, the epochs to look at, and every seed alone. */

import { categorical } from "../colors.js";
import { count, duration, number } from "../format.js";
import { html, nothing } from "../html.js";
import { late } from "../late.js";
import { answerSentence } from "../parts/plane.js";
import { voteSentence } from "../parts/votes.js";
import { data } from "./data.js";
import { STARTS } from "./experiment.js";
import { chosen, legend } from "./points.js";
import { unitMaps } from "./units.js";
import "../parts/mini.js";

/** @typedef {import("../pages/play.js").Playground} Playground */

const [charts, digits, drawing] = [late(() => import("../parts/chart.js")), late(() => import("./digits.js")), late(() => import("./drawing.js"))];

const MAX_MINIS = 20;

/** @param {Playground} page */
export function bar(page) {
  const { training, experiment } = page;
  const seeds = Number(experiment.answer?.config["train.seeds"] ?? 1);
  const refused = experiment.answer?.price?.refused;
  const isReady = Boolean(experiment.answer?.is_valid) && !refused;
  const text = training.isStarting ? "Starting…" : training.isRunning ? "Pause" : training.isPaused ? "Resume" : `Train ${count(seeds, "seed")}`;
  const now = experiment.answer?.config["name"];
  return html`<div class="play-bar">
    <div class="starts" role="group" aria-label="Start from">${STARTS.map(({ name, title, yaml }) => html`
      <button type="button" aria-pressed=${!page.sketch && now === name} @click=${() => page.choose(yaml)}>${title}</button>`)}
      <button type="button" aria-pressed=${Boolean(page.sketch)} @click=${() => page.openSketch()}>Draw your own</button></div>
    <div class="transport" role="group" aria-label="Training">
      <button type="button" class="primary go" ?disabled=${training.isOrdering || (!isReady && !training.isRunning && !training.isPaused)} @click=${() => page.act()}>${sign(training.isRunning ? "pause" : "play")}${text}</button>
      <button type="button" ?disabled=${training.isOrdering || !training.isPaused} @click=${() => void training.step()}>${sign("step")}One epoch</button>
      ${training.isPaused ? html`<button type="button" ?disabled=${!isReady} @click=${() => void page.start()}>Start anew</button>` : nothing}
    </div></div>
    ${[training.error, experiment.error, refused].filter(Boolean).map((said) => html`<p class="notice error" role="alert">${said}</p>`)}`;
}

/** @param {"play" | "pause" | "step"} kind */
function sign(kind) {
  const path = { play: "M5 3l9 5.5L5 14z", pause: "M4 3h3v11H4zM10 3h3v11h-3z", step: "M3 3l7 5.5L3 14zM11 3h2.5v11H11z" }[kind];
  return html`<svg width="16" height="17" viewBox="0 0 16 17" aria-hidden="true"><path d=${path} fill="currentColor"></path></svg>`;
}

/** @param {Playground} page */
export function stage(page) {
  const { frame } = page;
  if (page.sketch) return drawing(() => page.draw())?.drawing(page, page.sketch) ?? nothing;
  if (page.showsData) return before(page);
  return html`<section class="card play-stage" aria-label="What the seeds say">
    <div class="stage-head">${headline(page)}${page.frame?.regions ? views(page) : nothing}</div>
    ${frame?.regions ? plane(page) : frame?.bands ? bands(page) : waiting(page)}
    ${page.training.frames.epochs.length ? timeline(page) : nothing}
    ${page.solo === null ? nothing : unitMaps(page.units, page.training.frames.seeds[page.solo])}</section>`;
}

/** The data, and nothing trained on them yet. @param {Playground} page */
function before(page) {
  const { answer } = page.sample;
  const hasPoints = answer?.kind === "plane" || answer?.kind === "line";
  return html`<section class="card play-stage" aria-label="The data">
    <div class="stage-head"><h2>The data</h2>${hasPoints ? html`<div class="tools" role="group" aria-label="Show">${splits(page)}</div>` : nothing}</div>
    ${data(page)}<p class="caption">Nothing is trained on them yet: press <kbd>Space</kbd> or the button, and networks that are alike but for their seed learn at once, with the engine of the command line.</p></section>`;
}

/** @param {Playground} page */
function headline(page) {
  const { training, frame } = page;
  if (training.isStarting) return html`<h2>The engine starts</h2>`;
  if (!training.run) return html`<h2>Nothing is trained yet</h2>`;
  return html`<h2 class="number">Epoch ${frame?.epoch ?? training.epoch}<span class="soft"> of ${training.epochs || "…"}</span></h2>`;
}

/** @param {Playground} page */
function views(page) {
  return html`<div class="tools" role="group" aria-label="Show">
    <button type="button" class="quiet" aria-pressed=${page.hasContours} @click=${() => page.set({ hasContours: !page.hasContours })}>contours</button>
    ${splits(page)}</div>`;
}

/** @param {Playground} page */
function splits(page) {
  return ["train", "test"].map((split) => html`<button type="button" class="quiet" aria-pressed=${page.points === split} @click=${() => page.set({ points: page.points === split ? "" : split })}>${split} data</button>`);
}

/** @param {Playground} page */
function plane(page) {
  const frame = /** @type {import("./frame.js").Frame} */ (page.frame);
  const { classes = [], columns = [] } = page.training.examples ?? {};
  const scene = {
    regions: frame.regions, contours: frame.contours, examples: page.training.examples && chosen(page.training.examples, page.points), classes, columns,
    solo: page.solo, hasPoints: page.points !== "", hasContours: page.hasContours,
  };
  return html`<div class=${scene.regions && scene.regions.seeds > 1 ? "map" : ""}>
    <nn-plane .scene=${scene} @probe=${(/** @type {CustomEvent} */ event) => page.set({ probe: event.detail })}></nn-plane>
    ${minis(page)}</div>${legend(classes, shades(page))}${reading(page)}`;
}

/** What a pale colour means. @param {Playground} page */
function shades(page) {
  if (page.solo !== null) return html`<li>seed ${page.training.frames.seeds[page.solo]} alone</li>`;
  const isMany = (page.frame?.regions?.seeds ?? 1) > 1;
  return isMany ? html`<li>strong colour: all seeds agree · pale: they do not · thin lines: the border of each seed</li>` : nothing;
}

/** What the seeds answer under the pointer, or what the whole map shows. @param {Playground} page */
function reading(page) {
  const regions = /** @type {import("../parts/votes.js").Regions} */ (page.frame?.regions);
  const classes = page.training.examples?.classes ?? [];
  const { probe } = page;
  if (!probe) return html`<p class="reading">${voteSentence(regions)}</p>`;
  return html`<p class="reading"><span class="answers" aria-hidden="true">${probe.answers.map((/** @type {number} */ answer) => html`<i .style=${`background:${categorical(answer)}`}></i>`)}</span>
    ${answerSentence(probe, classes)}</p>`;
}

/** @param {Playground} page */
function bands(page) {
  if (!charts(() => page.draw())) return nothing;
  const { bands: made } = /** @type {import("./frame.js").Frame} */ (page.frame);
  const examples = page.training.examples && chosen(page.training.examples, page.points);
  const line = { label: "mean of the seeds", color: categorical(0), dash: [], x: made.x, mean: made.mean, low: made.low, high: made.high, seeds: made.seeds.map((/** @type {number[]} */ values, /** @type {number} */ seed) => ({ seed, values })) };
  const points = examples ? { x: examples.inputs.map((/** @type {number[]} */ [x]) => x), y: examples.targets.map((/** @type {any} */ target) => [target].flat()[0]) } : undefined;
  const columns = page.training.examples?.columns ?? ["x"];
  const spec = { title: "What the seeds predict", x: columns[0], lines: [line], points, hasSeeds: true, height: 420, caption: "Dots are training data; each thin line is a seed; the band is the 95 % interval of their mean." };
  return html`<nn-chart .spec=${spec}></nn-chart>`;
}

/** @param {Playground} page */
function waiting(page) {
  if (page.results && page.training.frames.is_of_pictures) return digits(() => page.draw())?.digits(page) ?? nothing;
  if (page.training.run && page.training.frames.kind === "none") return html`<p class="loading">These inputs have no plane to draw; the curves are beside.</p>`;
  return html`<div class="waiting"><p>${page.training.run || page.training.isStarting ? "The first epoch is on its way…" : "The data are on their way…"}</p></div>`;
}

/** @param {Playground} page */
function timeline(page) {
  const { player, training } = page;
  const { epochs } = training.frames;
  const index = Math.max(0, player.index);
  const told = training.seconds === null ? "" : `Trained in ${duration(training.seconds)}, shown in ${duration(player.seconds)}.`;
  const speed = training.isRunning ? "Live." : told;
  return html`<div class="timeline">
    <button type="button" class="quiet" aria-label=${player.isPlaying ? "Stop the replay" : "Replay"} title="Replay (r)" @click=${() => { if (player.isPlaying) { player.pause(); page.draw(); } else void player.play(false); }}>${sign(player.isPlaying ? "pause" : "play")}</button>
    <input type="range" min="0" max=${epochs.length - 1} .value=${String(index)} aria-label="Epoch shown" aria-valuetext="epoch ${epochs[index]}"
      @input=${(/** @type {any} */ event) => { player.pause(); void player.go(Number(event.target.value)); }}></div>
    <p class="caption">${speed} ${count(epochs.length, "epoch")} kept.</p>`;
}

/** @param {Playground} page */
function minis(page) {
  const regions = /** @type {import("../parts/votes.js").Regions} */ (page.frame?.regions);
  const { seeds } = page.training.frames;
  const shown = Math.min(regions.seeds, MAX_MINIS);
  if (shown < 2) return nothing;
  return html`<div class="minis-box"><div class="minis" role="group" aria-label="Seeds">${Array.from({ length: shown }, (_, seed) => html`
    <button type="button" class="mini" aria-pressed=${page.solo === seed} @click=${() => void page.showSeed(page.solo === seed ? null : seed)}>
      <nn-mini .scene=${{ regions, seed }} aria-hidden="true"></nn-mini><span class="number"><span class="unseen">seed</span> ${seeds[seed] ?? seed} <span class="soft">${last(page, seed)}</span></span></button>`)}
    ${regions.seeds > shown ? html`<p class="caption">The first ${shown} of ${regions.seeds} seeds.</p>` : nothing}</div></div>`;
}

/** @param {Playground} page @param {number} seed */
function last(page, seed) {
  const series = page.training.series.find(({ metric }) => metric === "val.accuracy") ?? page.training.series.find(({ metric }) => metric === "val.loss");
  const values = series?.seeds?.[seed]?.values;
  if (!values) return "";
  const place = series.epochs.findLastIndex((/** @type {number} */ epoch) => epoch <= (page.frame?.epoch ?? Infinity));
  return values[place]?.toFixed(2) ?? number(null);
}
