// What a flood costs the longer or the heavier it is: a band for each posture, named at its end.
//
// Lives here: sampling the model, axes, the bands. Must not live here: any formula.

"use strict";

/** Points of a curve, and of those how many a table has between two rows. */
const SAMPLES = 20;
const TABLE_STEP = 5;

const POSTURE_COLOURS = { open: "orange", mtls: "blue", security_group: "green" };

class FloodCurve {
  constructor(level) {
    this.figure = new Figure("curve", level);
    this.over = "for";
    this.choice = el("fieldset", { class: "choice" }, el("legend", {}, "Plotted over"),
      ...[["for", "how long it lasts"], ["rate", "how heavy it is"]].map(([value, words]) => {
        const input = el("input", { type: "radio", name: "over", value, id: `over-${value}` });
        input.checked = value === this.over;
        input.addEventListener("change", () => {
          this.over = value;
          if (this.again) this.again();
        });
        return el("span", {}, input, el("label", { for: `over-${value}` }, words));
      }));
    this.figure.plot.before(this.choice);
    this.element = this.figure.element;
  }

  show(model, words, asked, harms) {
    this.again = () => this.show(model, words, asked, harms);
    const { flood } = asked;
    const own = (this.over === "for" ? flood.hours : flood.rate).toNumber();
    const most = scaleEnd(own);
    const step = Exact.of(String(most)).over(Exact.of(String(SAMPLES)));
    const at = Array.from({ length: SAMPLES + 1 }, (_, index) => step.times(Exact.of(String(index))));
    const lines = model.postures.map((posture) => ({
      posture,
      words: words.posture_words[posture],
      points: at.map((value) => {
        const changed = this.over === "for" ? { ...flood, hours: value } : { ...flood, rate: value };
        return { at: value.toNumber(), ...floats(model.harm(posture, { ...asked, flood: changed }).total_usd) };
      }),
      own: harms[posture].total_usd,
    }));
    const unit = this.over === "for" ? "hours" : "connections a second";
    this.figure.show({
      title: this.over === "for" ? "What each hour more adds" : "What a heavier flood adds",
      note: `Dollars over ${unit}; bands are ranges. The mark is the flood above.`,
      table: tableOf("Dollars in all", [capital(unit), ...lines.map((each) => each.words)],
        at.filter((_, index) => index % TABLE_STEP === 0).map((value, index) => [plain(value.toNumber()),
          ...lines.map((each) => range(each.points[index * TABLE_STEP], preciseUsd))])),
      draw: (width) => drawBands(width, { lines, most, own, unit }),
    });
  }
}

/** Where the axis ends: a round number, so that the flood asked about stands in its middle or beyond. */
function scaleEnd(own) {
  if (!(own > 0)) return 1;
  const wanted = own * 1.6;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return Number(([1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((each) => each * power).find((each) => each >= wanted * 0.999)).toPrecision(3));
}

function drawBands(width, { lines, most, own, unit }) {
  const height = Math.round(Math.min(320, Math.max(220, width * 0.45)));
  const highest = Math.max(...lines.flatMap((each) => each.points.map((point) => point.high)));
  const marks = ticks(highest || 1, 4).slice(0, 7);
  const top = Math.max(highest || 1, marks.at(-1));
  const left = 8 + Math.max(...marks.map((each) => wide(tickUsd(each), 12)));
  const names = lines.map((each) => wide(each.words, 13, "600"));
  const right = width < 480 ? 10 : 12 + Math.max(...names);
  const [above, below] = [14, 40];
  const x = (value) => left + (value / most) * (width - left - right);
  const y = (value) => above + (1 - value / top) * (height - above - below);
  const shapes = [];
  for (const each of marks) {
    shapes.push(shape("line", { x1: left, x2: width - right, y1: y(each), y2: y(each), class: each === 0 ? "axis" : "grid" }));
    shapes.push(shape("text", { x: left - 6, y: y(each) + 4, class: "tick end" }, tickUsd(each)));
  }
  for (const each of ticks(most, width < 480 ? 4 : 6).filter((value) => value <= most * 1.0001)) {
    const last = each === 0 ? "start" : "middle";
    shapes.push(shape("text", { x: x(each), y: height - below + 17, class: `tick ${x(each) > width - 24 ? "end" : last}` }, plain(each)));
  }
  shapes.push(shape("text", { x: (left + width - right) / 2, y: height - 5, class: "tick middle" }, unit));
  for (const each of lines) shapes.push(...band(each, x, y));
  shapes.push(...ownMarks(lines, x, y, own, height - below, above));
  shapes.push(...bandNames(lines, { x, y, width, right, most, height: height - below }));
  return shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }, ...shapes);
}

function band({ posture, points }, x, y) {
  const colour = POSTURE_COLOURS[posture];
  const path = (end) => points.map((each, index) => `${index ? "L" : "M"}${x(each.at).toFixed(1)},${y(each[end]).toFixed(1)}`).join(" ");
  const back = [...points].reverse().map((each) => `L${x(each.at).toFixed(1)},${y(each.low).toFixed(1)}`).join(" ");
  return [
    shape("path", { d: `${path("high")} ${back} Z`, class: `fill-${colour} band` }),
    shape("path", { d: path("high"), class: `stroke-${colour} line` }),
    shape("path", { d: path("low"), class: `stroke-${colour} line thin` }),
  ];
}

function ownMarks(lines, x, y, own, bottom, above) {
  const marks = [shape("line", { x1: x(own), x2: x(own), y1: above, y2: bottom, class: "own" })];
  for (const { posture, own: amount } of lines) {
    marks.push(shape("circle", { cx: x(own), cy: y(amount.high), r: 4, class: `fill-${POSTURE_COLOURS[posture]} dot` }));
  }
  return marks;
}

/** At the ends of the bands where there is room beside them, else above the ends, kept apart from each other. */
function bandNames(lines, { x, y, width, right, most, height }) {
  const beside = right > 20;
  const places = lines.map((each) => {
    const end = each.points.at(-1);
    const middle = y((end.low + end.high) / 2);
    return { words: each.words, colour: POSTURE_COLOURS[each.posture], at: beside ? middle + 4 : y(end.high) - 6 };
  });
  // Of those that end at the same height the first is on top.
  const sorted = [...places].reverse().sort((one, other) => other.at - one.at);
  let limit = height - (beside ? -4 : 4);
  for (const each of sorted) {
    each.at = Math.min(each.at, limit);
    limit = each.at - 16;
  }
  return places.map((each) => shape("text", {
    x: beside ? x(most) + 6 : width - right - 2, y: Math.max(12, each.at), class: `name ink-${each.colour} ${beside ? "start" : "end"}`,
  }, each.words));
}
