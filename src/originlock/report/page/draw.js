// Drawing: elements, bars that show where an interval's ends are, and figures that redraw themselves.
//
// Lives here: shapes. Must not live here: which numbers they show.
//
// Texts only ever become text nodes and attributes only what stands here; no string is read as markup.

"use strict";

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((each) => each !== null && each !== undefined && each !== ""));
  return element;
}

function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function shape(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** An amount as text, with its exact ends as data. */
function datum(key, amount, write) {
  return el("data", { "data-key": key, "data-low": amount.low, "data-high": amount.high, value: amount.high }, range(amount, write));
}

const PEN = document.createElement("canvas").getContext("2d");

/** How wide a text of a plot is, in pixels. */
function wide(text, size = 13, weight = "") {
  PEN.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return PEN.measureText(text).width;
}

let patterns = 0;

/** Stripes in a colour: what may be, beside what surely is. Returns [its definition, its paint]. */
function stripes(colour) {
  patterns += 1;
  const id = `stripes-${patterns}`;
  const lines = shape("path", { d: "M0,6 L6,0 M-1.5,1.5 L1.5,-1.5 M4.5,7.5 L7.5,4.5", class: `stroke-${colour}`, "stroke-width": 2 });
  return [shape("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, lines), `url(#${id})`];
}

/**
 * One bar. Segments {from, to, colour, striped} in the scale of `most`; `paid` draws where the charged bar ends;
 * `ends` are the interval's, shown as a bracket where they differ.
 */
function bar(width, most, { segments, paid, ends, height = 22 }) {
  const x = (value) => (most > 0 ? (value / most) * (width - 4) : 0) + 1;
  const top = 4;
  const defs = shape("defs");
  const shapes = [shape("line", { x1: 1, x2: 1, y1: top - 2, y2: top + height + 2, class: "axis" })];
  if (paid !== undefined && paid > 0) {
    shapes.push(shape("rect", { x: x(0), y: top, width: x(paid) - x(0), height, class: "paid" }));
  }
  for (const each of segments.filter((segment) => segment.to > segment.from)) {
    const thin = Math.max(x(each.to) - x(each.from), each.striped ? 0 : 1.5);
    let fill = null;
    if (each.striped) {
      const [pattern, paint] = stripes(each.colour);
      defs.append(pattern);
      fill = paint;
    }
    const attributes = { x: x(each.from), y: top, width: thin, height, class: each.striped ? null : `fill-${each.colour}`, fill };
    shapes.push(shape("rect", attributes));
  }
  if (ends && x(ends.high) - x(ends.low) >= 3) {
    const [low, high] = [x(ends.low), x(ends.high)];
    const middle = top + height / 2;
    const path = `M${low},${top - 3} V${top + height + 3} M${high},${top - 3} V${top + height + 3} M${low},${middle} H${high}`;
    shapes.push(shape("path", { d: path, class: "bracket" }));
  }
  const drawn = shape("svg", { viewBox: `0 0 ${width} ${height + 8}`, width, height: height + 8, "aria-hidden": "true" }, defs, ...shapes);
  drawn.classList.add("bar");
  return drawn;
}

/** A coloured square before a word, so that a part is named right under its bar. */
function key(colour, ...words) {
  const square = shape("svg", { viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true", class: "key" },
    shape("rect", { width: 10, height: 10, class: `fill-${colour}` }));
  return el("span", { class: "part" }, square, ...words);
}

/** A table of texts and elements; the first cell of a row names it. */
function tableOf(caption, heads, rows) {
  return el("div", { class: "scroll", role: "group", "aria-label": caption, tabindex: 0 }, el("table", {},
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, ...heads.map((each) => el("th", { scope: "col" }, each)))),
    el("tbody", {}, ...rows.map(([first, ...rest]) =>
      el("tr", {}, el("th", { scope: "row" }, first), ...rest.map((each) => el("td", {}, each)))))));
}

const FIGURES = [];

/** A plot with its heading, what it says, and its numbers as a table that unfolds. */
class Figure {
  constructor(id, level) {
    this.heading = el(level, { id: `${id}-heading` });
    this.plot = el("div", { class: "plot" });
    this.note = el("p", { class: "note" });
    this.numbers = el("div");
    this.details = el("details", { class: "numbers" }, el("summary", {}, "The numbers"), this.numbers);
    this.element = el("figure", { id, "aria-labelledby": `${id}-heading` }, this.heading, this.plot, this.note, this.details);
    this.width = 0;
    this.draw = null;
    FIGURES.push(this);
  }

  /** What it shows from now on; `draw` is given a width in pixels and returns elements. */
  show({ title, note = "", table, draw }) {
    this.heading.replaceChildren(title);
    this.note.replaceChildren(...[note].flat());
    this.note.hidden = note === "";
    this.numbers.replaceChildren(...[table].flat());
    this.draw = draw;
    this.redraw(this.width);
  }

  redraw(width) {
    if (!this.draw) return;
    const found = width || this.plot.clientWidth;
    if (found <= 0) return;
    this.plot.replaceChildren(...[this.draw(Math.round(found))].flat());
  }

  /** Begin to follow the room that there is. */
  follow() {
    new ResizeObserver((entries) => {
      const width = Math.round(entries[0].contentRect.width);
      if (width === this.drawn) return;
      this.drawn = width;
      this.redraw(this.width);
    }).observe(this.plot);
  }
}

/** Paper has a width of its own, to which plots are drawn before it is printed. */
const PAPER = 660;

function onPaper(printing) {
  for (const each of document.querySelectorAll("main details")) {
    if (printing) {
      each.dataset.wasOpen ??= each.open ? "yes" : "no";
      each.open = true;
    } else if (each.dataset.wasOpen !== undefined) {
      each.open = each.dataset.wasOpen === "yes";
      delete each.dataset.wasOpen;
    }
  }
  for (const each of FIGURES) {
    each.width = printing ? PAPER : 0;
    each.redraw(each.width);
  }
}

/** Round numbers from 0 to at least `most`, about as many as wanted. */
function ticks(most, wanted) {
  if (!(most > 0)) return [0];
  const rough = most / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough * 0.999);
  const made = [];
  for (let index = 0; index * step <= most * 1.0001; index += 1) made.push(index * step);
  return made;
}
