// @ts-check
/** Points drawn by hand: what they are, and what can be undone. */

import { extentOf } from "../parts/plane.js";
import { dataSentence } from "../parts/words.js";

/** @typedef {[number, number, number]} Point Across, upwards, and the number of its class. */
/** @typedef {{columns: string[], classes: string[], points: Point[]}} Table Without classes, the second column is to be predicted. */

export const MAX_POINTS = 2000;
const MAX_UNDO = 200;
const UNIT = [-1, 1, -1, 1];
const DIGITS = 6;

export class Sketch {
  /** @type {Point[]} */
  points = [];
  classes = ["a", "b", "c", "d"];
  columns = ["x1", "x2", "class"];
  extent = UNIT;
  /** The class of the next point. */
  current = 0;
  isErasing = false;
  /** @type {{columns: string[], classes: string[], extent: number[], points: Point[]}[]} */
  #past = [];

  /** @param {Table} [table] What to begin with. */
  constructor(table) {
    if (!table) return;
    this.load(table);
    this.#past = [];
  }

  get isCurve() {
    return this.columns.length === 2;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  /** Take over a table. @param {Table} table */
  load({ columns, classes, points }) {
    this.begin();
    [this.columns, this.points, this.current] = [columns, points.slice(0, MAX_POINTS), 0];
    if (classes.length) this.classes = classes;
    const isUnit = points.every(([x, y]) => Math.abs(x) <= 1 && Math.abs(y) <= 1);
    this.extent = isUnit ? UNIT : extentOf(points);
  }

  /** Draw points of classes, or of a curve, from nothing. @param {boolean} isCurve */
  restart(isCurve) {
    this.begin();
    [this.columns, this.points, this.extent] = [isCurve ? ["x", "y"] : ["x1", "x2", "class"], [], UNIT];
    [this.classes, this.current, this.isErasing] = [["a", "b", "c", "d"], 0, false];
  }

  /** Remember what there is, to come back to it. */
  begin() {
    const { columns, classes, extent, points } = this;
    this.#past = [...this.#past.slice(1 - MAX_UNDO), { columns, classes, extent, points }];
  }

  undo() {
    Object.assign(this, this.#past.pop());
    this.current = Math.min(this.current, this.classes.length - 1);
  }

  clear() {
    this.begin();
    this.points = [];
  }

  /** @param {number} x @param {number} y */
  add(x, y) {
    if (this.points.length >= MAX_POINTS) return;
    const short = (/** @type {number} */ value) => Number(value.toPrecision(DIGITS));
    this.points = [...this.points, [short(x), short(y), this.isCurve ? 0 : this.current]];
  }

  /** Remove the points in a circle. @param {number} x @param {number} y @param {number} share Its radius, as a part of the plane. */
  remove(x, y, share) {
    const [width, height] = [this.extent[1] - this.extent[0], this.extent[3] - this.extent[2]];
    this.points = this.points.filter((point) => Math.hypot((point[0] - x) / width, (point[1] - y) / height) > share);
  }

  /** Say how many points there are, and of which class. */
  get sentence() {
    return dataSentence(this.points.map((point) => point[2]), this.isCurve ? [] : this.classes);
  }

  /** What the server makes a table of. */
  get body() {
    const { columns } = this;
    if (this.isCurve) return { task: "regression", columns, points: this.points.map(([x, y]) => [x, y]) };
    return { columns, classes: this.classes, points: this.points };
  }
}
