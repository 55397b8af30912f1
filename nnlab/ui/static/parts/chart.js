// @ts-check
/** Curves over epochs: thin seeds, their mean, and the exact interval; readable by mouse, keyboard and screen reader. */

import { report } from "../announce.js";
import { color, faded } from "../colors.js";
import { number, spread } from "../format.js";
import { html, nothing, render, svg } from "../html.js";
import { columns } from "./series.js";
import { sentence, valueTable } from "./words.js";

/** @typedef {import("./series.js").Line} Line */
/**
 * @typedef {object} Spec
 * @property {string} title
 * @property {string} x Name of the horizontal axis.
 * @property {string} [y]
 * @property {Line[]} lines
 * @property {boolean} [isLogX]
 * @property {boolean} [isLogY]
 * @property {boolean} [hasSeeds] Whether seeds are drawn one by one.
 * @property {{x: number[], y: number[]}} [points] Data to draw under the lines.
 * @property {string} [caption]
 * @property {number} [height] [px]
 */

/** A chart; assign `spec` to draw it. */
class Chart extends HTMLElement {
  /** @type {Spec | null} */
  #spec = null;
  /** @type {any} */
  #plot = null;
  #shape = "";
  /** @type {import("./series.js").Role[]} */
  #roles = [];
  #watcher = new ResizeObserver(() => this.#resize());
  #recolor = () => this.#draw(true);

  /** @param {Spec} spec */
  set spec(spec) {
    this.#spec = spec;
    if (this.isConnected) this.#draw(false);
  }

  connectedCallback() {
    addEventListener("themechange", this.#recolor);
    this.#draw(true);
    this.#watcher.observe(this);
  }

  disconnectedCallback() {
    removeEventListener("themechange", this.#recolor);
    this.#watcher.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  get #box() {
    return /** @type {HTMLElement} */ (this.querySelector(".chart-box"));
  }

  /** @param {boolean} isNew */
  #draw(isNew) {
    const spec = this.#spec;
    if (!spec) return;
    this.#frame(spec, null);
    const how = { isLogX: Boolean(spec.isLogX), isLogY: Boolean(spec.isLogY), hasSeeds: Boolean(spec.hasSeeds) };
    const made = columns(spec.lines, how);
    const shape = JSON.stringify([how, made.roles.map(({ role, line }) => [role, line.label, line.color, line.dash])]);
    this.#roles = made.roles;
    if (this.#plot && !isNew && shape === this.#shape) {
      this.#plot.setData(made.columns);
      return;
    }
    this.#shape = shape;
    this.#plot?.destroy();
    this.#plot = new /** @type {any} */ (globalThis).uPlot(this.#options(spec, made), made.columns, this.#box);
  }

  /**
   * @param {Spec} spec
   * @param {number | null} index Of the x under the cursor.
   */
  #frame(spec, index) {
    render(html`<div class="chart-head"><h2>${spec.title}</h2>
      <ul class="legend">${spec.lines.map((line) => entry(line, index))}</ul>
      <span class="readout">${index === null ? nothing : `${spec.x} ${number(this.#plot.data[0][index])}`}</span></div>
      <div class="chart-box" role="img" tabindex="0" aria-label=${`${sentence(spec)} Arrow keys read the values.`} @keydown=${this.#onKey}></div>
      ${spec.caption ? html`<p class="caption">${spec.caption}</p>` : nothing}
      <details class="caption"><summary>Values as a table</summary><div class="scroll" tabindex="0" role="region" aria-label=${`Values of ${spec.title}`}>${valueTable(spec)}</div></details>`, this);
  }

  /**
   * @param {Spec} spec
   * @param {{roles: import("./series.js").Role[], bands: [number, number][]}} made
   */
  #options(spec, made) {
    const axis = { stroke: color("soft"), grid: { stroke: color("faint"), width: 1 }, ticks: { stroke: color("faint"), size: 4 }, font: "12px system-ui, sans-serif" };
    return {
      width: Math.max(120, this.clientWidth), height: spec.height ?? 250, legend: { show: false },
      cursor: { drag: { x: true, y: false }, points: { show: false } },
      scales: { x: { time: false, distr: spec.isLogX ? 3 : 1 }, y: { distr: spec.isLogY ? 3 : 1, ...(spec.points ? { range: rangeWith(spec.points.y) } : {}) } },
      axes: [{ ...axis, size: 34 }, { ...axis, size: 54, values: (/** @type {any} */ _, /** @type {(number | null)[]} */ splits) => splits.map((value) => (value === null ? "" : number(value, 3))) }],
      series: [{}, ...made.roles.map((role) => style(role))],
      bands: made.bands.map((series, band) => ({ series, fill: faded(spec.lines[band].color, 0.2) })),
      hooks: {
        setCursor: [(/** @type {any} */ plot) => this.#frame(/** @type {Spec} */ (this.#spec), plot.cursor.left < 0 ? null : plot.cursor.idx)],
        drawClear: [(/** @type {any} */ plot) => drawPoints(plot, /** @type {Spec} */ (this.#spec))],
        draw: [(/** @type {any} */ plot) => drawMarks(plot, /** @type {Spec} */ (this.#spec))],
      },
    };
  }

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || !this.#plot || !this.#spec) return;
    event.preventDefault();
    const last = this.#plot.data[0].length - 1;
    const index = Math.min(last, Math.max(0, (this.#plot.cursor.idx ?? (step > 0 ? -1 : last + 1)) + step));
    const x = this.#plot.data[0][index];
    this.#plot.setCursor({ left: this.#plot.valToPos(x, "x"), top: 10 });
    this.#frame(this.#spec, index);
    const values = this.#spec.lines.map((line) => `${line.label} ${valueAt(line, x)}`);
    report(`${this.#spec.x} ${number(x)}: ${values.join(", ")}`);
  };

  #resize() {
    if (this.#plot && this.#spec && Math.abs(this.#plot.width - this.clientWidth) > 1) {
      this.#plot.setSize({ width: Math.max(120, this.clientWidth), height: this.#spec.height ?? 250 });
    }
  }
}

/**
 * Return the range of an axis that shows points besides its lines.
 * @param {number[]} points
 */
function rangeWith(points) {
  return (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => {
    const [least, most] = [Math.min(low, ...points), Math.max(high, ...points)];
    const pad = 0.05 * (most - least || 1);
    return [least - pad, most + pad];
  };
}

/** @param {import("./series.js").Role} role */
function style({ role, line }) {
  const common = { points: { show: false }, spanGaps: true };
  if (role === "mean") return { ...common, stroke: line.color, width: 2.2, dash: line.dash, points: { show: line.x.length < 2, fill: line.color } };
  if (role === "seed") return { ...common, stroke: faded(line.color, 0.38), width: 0.8 };
  return { ...common, stroke: "transparent", width: 0 };
}

/**
 * @param {Line} line
 * @param {number | null} index
 */
function entry(line, index) {
  const value = index === null ? nothing : html`<span class="number">${valueAt(line, line.x[Math.min(index, line.x.length - 1)])}</span>`;
  return html`<li><svg width="22" height="8" aria-hidden="true">${svg`<line x1="1" x2="21" y1="4" y2="4" stroke=${line.color} stroke-width="2.5" stroke-dasharray=${line.dash.join(" ")}></line>`}</svg>${line.label} ${value}</li>`;
}

/**
 * @param {Line} line
 * @param {number} x
 */
function valueAt(line, x) {
  const index = line.x.indexOf(x);
  return index < 0 ? number(null) : spread(line.mean[index], line.low[index], line.high[index]);
}

/**
 * @param {any} plot
 * @param {Spec} spec
 */
function drawPoints(plot, spec) {
  if (!spec.points) return;
  plot.ctx.fillStyle = faded(color("ink"), 0.4);
  spec.points.x.forEach((x, index) => {
    plot.ctx.beginPath();
    plot.ctx.arc(plot.valToPos(x, "x", true), plot.valToPos(/** @type {any} */ (spec.points).y[index], "y", true), 2 * devicePixelRatio, 0, 7);
    plot.ctx.fill();
  });
}

/**
 * Mark the epochs at which a seed's value is not finite, at the top of the chart.
 * @param {any} plot
 * @param {Spec} spec
 */
function drawMarks(plot, spec) {
  const size = 5 * devicePixelRatio;
  for (const line of spec.lines) {
    for (const [epoch] of line.nonfinite ?? []) {
      const x = plot.valToPos(epoch, "x", true);
      plot.ctx.fillStyle = line.color;
      plot.ctx.beginPath();
      plot.ctx.moveTo(x, plot.bbox.top + 2 * size);
      plot.ctx.lineTo(x - size, plot.bbox.top);
      plot.ctx.lineTo(x + size, plot.bbox.top);
      plot.ctx.fill();
    }
  }
}

customElements.define("nn-chart", Chart);
