// @ts-check
/** A CSV file of one's own as points: strict, and every error is a sentence. */

import { MAX_POINTS } from "./sketch.js";

/** @typedef {import("./sketch.js").Table} Table */

const MAX_BYTES = 500_000;
const MAX_CLASSES = 10;

/**
 * Return the points in a file.
 * @param {File} file
 * @returns {Promise<Table>}
 */
export async function readTable(file) {
  if (file.size > MAX_BYTES) throw new Error(`${file.name} has ${file.size.toLocaleString("en")} bytes; the page reads at most ${MAX_BYTES.toLocaleString("en")}. Put it below the folder of the server, and name it in the YAML.`);
  const text = new TextDecoder("utf-8", { fatal: true });
  let content;
  try {
    content = text.decode(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} is no text in UTF-8.`);
  }
  return tableOf(content);
}

/**
 * Return the points in the text of a CSV file: a line of names, then two numbers and a class, or two numbers.
 * @param {string} text
 * @returns {Table}
 */
export function tableOf(text) {
  const [columns = [], ...rows] = lines(text);
  if (columns.length !== 2 && columns.length !== 3) throw new Error(`The first line has ${columns.length} names: the page draws tables of two numbers and a class, or of a number and the number to predict.`);
  if (columns.every(isNumber)) throw new Error("The first line has numbers: it must have the names of the columns.");
  if (rows.length > MAX_POINTS) throw new Error(`The file has ${rows.length.toLocaleString("en")} rows: the page draws at most ${MAX_POINTS.toLocaleString("en")}.`);
  /** @type {string[]} */
  const classes = [];
  const points = rows.map((cells, index) => point(cells, index + 2, columns, classes));
  if (!points.length) throw new Error("The file has no rows below its first line.");
  if (classes.length > MAX_CLASSES) throw new Error(`The column ${columns[2]} has ${classes.length} different values: the page draws at most ${MAX_CLASSES} classes.`);
  return { columns, classes, points };
}

/**
 * @param {string[]} cells
 * @param {number} line From 1.
 * @param {string[]} columns
 * @param {string[]} classes Takes up new names.
 * @returns {import("./sketch.js").Point}
 */
function point(cells, line, columns, classes) {
  if (cells.length !== columns.length) throw new Error(`Line ${line} has ${cells.length} cells, and the first line has ${columns.length}.`);
  const wrong = cells.slice(0, 2).findIndex((cell) => !isNumber(cell));
  if (wrong >= 0) throw new Error(`Line ${line}, column ${columns[wrong]}: a number is expected, with a point, such as 1.5.`);
  const name = cells[2] ?? "";
  if (columns.length === 3 && !name) throw new Error(`Line ${line}, column ${columns[2]}: the class is missing.`);
  if (columns.length === 3 && !classes.includes(name)) classes.push(name);
  return [Number(cells[0]), Number(cells[1]), Math.max(0, classes.indexOf(name))];
}

/** @param {string} cell */
function isNumber(cell) {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell) && Number.isFinite(Number(cell));
}

/** Return the cells of each line that is not empty; quoted cells may have commas. @param {string} text */
function lines(text) {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/).filter((line) => line.trim()).map((line, index) => {
    const cells = line.match(/("(?:[^"]|"")*"|[^",]*)(,|$)/g) ?? [];
    if (cells.join("") !== line) throw new Error(`Line ${index + 1} has a quote that is not closed, or text beside one.`);
    if (!line.endsWith(",")) cells.splice(cells.length - 1); // the empty match at the end
    return cells.map((cell) => cell.replace(/,$/, "").trim().replace(/^"(.*)"$/, "$1").replaceAll('""', '"'));
  });
}
