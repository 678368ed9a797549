// A load balancer's history: every hour, what decided, what AWS counted beside it, and what never got through TLS.
//
// Lives here: what each plot of a history shows. Must not live here: what an hour costs (Python reckoned it).

"use strict";

const HOUR = 3600e3;
const DAY = 24;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A number, [low, high], or nothing, as both ends. */
function ends(told) {
  if (told === null || told === undefined) return null;
  return Array.isArray(told) ? { low: told[0], high: told[1] } : { low: told, high: told };
}

function shown(told, write) {
  const amount = ends(told);
  return amount === null ? "not known" : range(amount, write);
}

/** "14 Oct", in UTC. */
function dayInWords(moment) {
  return `${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()]}`;
}

/** "14 Oct 09:00 UTC". */
function timeInWords(moment) {
  return `${dayInWords(moment)} ${moment.toISOString().slice(11, 16)} UTC`;
}

/** One load balancer's history. */
class Observed {
  constructor(told, dimensions, level, index) {
    this.told = told;
    this.dimensions = dimensions;
    this.start = told.start === null ? null : new Date(told.start);
    this.hours = told.at.length;
    this.lcu = told.lcu.map(ends);
    const below = level === "h1" ? "h2" : "h3";
    this.element = el("section", { class: "answer history" });
    this.head(level);
    if (this.hours === 0 || this.lcu.every((each) => each === null)) {
      this.element.append(el("p", {}, "Nothing was reported in this time."), ...this.unknown());
      return;
    }
    this.figures = ["hours", "days", "beside", "refused"].map((name) => new Figure(`${name}-${index}`, below));
    const [hours, days, beside, refused] = this.figures;
    this.showHours(hours);
    this.showDays(days);
    this.showBeside(beside);
    this.showRefused(refused);
    this.element.append(...this.figures.map((each) => each.element), ...this.advice(below), ...this.unknown());
  }

  head(level) {
    const { told } = this;
    const { totals = {} } = told;
    const from = new Date(told.from);
    const to = new Date(new Date(told.to).getTime() - HOUR);
    const decided = Object.entries(totals.decided_hours || {}).sort((one, other) => other[1] - one[1]);
    const lead = [];
    if (decided.length > 0 && decided[0][1] > 0) {
      const all = decided.reduce((sum, [, hours]) => sum + hours, 0);
      lead.push(el("strong", {}, `${DIMENSION_WORDS[decided[0][0]]} decided ${plain(decided[0][1])} of ${plain(all)} hours.`), " ");
    }
    lead.push(`${shown(totals.lcu_hours, plain)} LCU-hours by our reckoning; AWS counted ${shown(totals.consumed_lcu_hours, plain)}. `);
    if (totals.hours_usd !== undefined) lead.push(`The load balancer's own hours came to ${shown(totals.hours_usd, usd)} besides.`);
    this.element.append(
      el("p", { class: "eyebrow" }, `${told.name} in ${told.region}, ${dayInWords(from)} to ${dayInWords(to)} ${to.getUTCFullYear()}`),
      el(level, { class: "headline" }, `${capital(shown(totals.usd, usd))} for capacity units in ${this.length()}`),
      el("p", { class: "lead" }, ...lead),
    );
  }

  length() {
    const hours = (new Date(this.told.to) - new Date(this.told.from)) / HOUR;
    return hoursInWords(hours);
  }

  moment(index) {
    return new Date(this.start.getTime() + this.told.at[index] * HOUR);
  }

  // ---------------------------------------------------------------- every hour

  /** So many hours in one column that a column is a pixel and a half at least; the highest hour stands for them. */
  columns(width, value) {
    const each = Math.max(1, Math.ceil((this.hours * 1.5) / Math.max(1, width)));
    const made = [];
    for (let from = 0; from < this.hours; from += each) {
      let best = null;
      for (let index = from; index < Math.min(this.hours, from + each); index += 1) {
        const found = value(index);
        if (found !== null && (best === null || found > value(best))) best = index;
      }
      made.push({ from, to: Math.min(this.hours, from + each), best });
    }
    return { each, made };
  }

  showHours(figure) {
    const high = (index) => this.lcu[index]?.high ?? null;
    const peak = this.lcu.reduce((best, _, index) => ((high(index) ?? -1) > (high(best) ?? -1) ? index : best), 0);
    const decided = this.told.totals?.decided_hours || {};
    const keys = this.dimensions.filter((each) => decided[each] > 0)
      .map((each) => key(DIMENSION_COLOURS[each], `${DIMENSION_WORDS[each]}: ${plain(decided[each])} h`));
    const lines = [line("consumed", "ConsumedLCUs, AWS's count")];
    const reserved = this.told.reserved.some((each) => each > 0);
    if (reserved) lines.push(line("reserved", "reserved"));
    const gaps = this.lcu.some((each) => each === null);
    if (gaps) lines.push(hatch("nothing was reported"));
    figure.show({
      title: "Every hour, in the colour of what decided",
      note: [el("span", { class: "bar-under" }, ...keys, ...lines),
        el("span", { class: "note-line" }, "LCU. Where many hours share a column, the highest is drawn.")],
      table: this.byDay(),
      draw: (width) => this.drawHours(width, peak, reserved),
    });
  }

  /** Room for axes; `x` is from hours, `y` from values. */
  frame(width, height, most, write) {
    const marks = ticks(most || 1, 4);
    const top = Math.max(most || 1, marks.at(-1));
    const left = 8 + Math.max(...marks.map((each) => wide(write(each), 12)));
    const [above, below, right] = [26, 24, 4];
    const x = (hour) => left + (hour / this.hours) * (width - left - right);
    const y = (value) => above + (1 - value / top) * (height - above - below);
    const shapes = marks.flatMap((each) => [
      shape("line", { x1: left, x2: width - right, y1: y(each), y2: y(each), class: each === 0 ? "axis" : "grid" }),
      shape("text", { x: left - 6, y: y(each) + 4, class: "tick end" }, write(each)),
    ]);
    return { x, y, left, right: width - right, bottom: height - below, shapes: [...shapes, ...this.dates(x, left, width - right, height - 6)] };
  }

  /** Dates under the axis, as many as there is room for. */
  dates(x, left, right, at) {
    const steps = [1, 2, 3, 7, 14, 28, 56, 112];
    const days = this.hours / DAY;
    const step = steps.find((each) => ((right - left) / days) * each >= 56) || steps.at(-1);
    const shapes = [];
    for (let day = 0; day * DAY < this.hours; day += step) {
      const place = x(day * DAY);
      const words = dayInWords(new Date(this.start.getTime() + day * DAY * HOUR));
      if (place + wide(words, 12) > right) continue;
      shapes.push(shape("line", { x1: place, x2: place, y1: at - 16, y2: at - 12, class: "axis" }));
      shapes.push(shape("text", { x: place, y: at, class: "tick start" }, words));
    }
    return shapes;
  }

  drawHours(width, peak, reserved) {
    const height = Math.round(Math.min(300, Math.max(210, width * 0.36)));
    const most = Math.max(...this.lcu.map((each, index) => Math.max(each?.high ?? 0, this.told.consumed[index] ?? 0, this.told.reserved[index] ?? 0)));
    const frame = this.frame(width, height, most, plain);
    const { made } = this.columns(frame.right - frame.left, (index) => this.lcu[index]?.high ?? null);
    const paths = {};
    const gaps = [];
    for (const { from, to, best } of made) {
      if (best === null) {
        gaps.push(`M${fixed(frame.x(from))},${frame.y(0)} V26 H${fixed(frame.x(to))} V${frame.y(0)} Z`);
        continue;
      }
      const colour = DIMENSION_COLOURS[this.dimensions[this.told.decided_by[best]]] || "grey";
      for (const [end, faint] of [["high", "faint"], ["low", "solid"]]) {
        const name = `fill-${colour} ${faint}`;
        paths[name] = `${paths[name] || ""}M${fixed(frame.x(from))},${frame.y(0)} V${fixed(frame.y(this.lcu[best][end]))} H${fixed(frame.x(to))} V${frame.y(0)} Z`;
      }
    }
    const [pattern, paint] = stripes("grey");
    const shapes = [shape("defs", {}, pattern), ...frame.shapes];
    if (gaps.length) shapes.push(shape("path", { d: gaps.join(" "), fill: paint, class: "gap" }));
    for (const name of Object.keys(paths).sort()) shapes.push(shape("path", { d: paths[name], class: name }));
    shapes.push(shape("path", { d: this.strokes(frame, made, this.told.consumed), class: "consumed" }));
    if (reserved) shapes.push(shape("path", { d: this.strokes(frame, made, this.told.reserved), class: "reserved" }));
    const words = `${plain(this.lcu[peak]?.high ?? 0)} LCU, ${timeInWords(this.moment(peak))}`;
    shapes.push(mark(frame, peak + 0.5, this.lcu[peak]?.high ?? 0, [words]));
    return shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }, ...shapes);
  }

  /** A stroke at the height of each column's hour, so that the colours beneath are seen; none where it is nothing. */
  strokes(frame, made, values) {
    let path = "";
    let last = null;
    for (const { from, to, best } of made) {
      const value = best === null || !(values[best] > 0) ? null : values[best];
      // What goes on at the same height is one stroke, or its dashes would begin anew in each column.
      if (value !== null) path += value === last ? `H${fixed(frame.x(to))}` : `M${fixed(frame.x(from))},${fixed(frame.y(value))} H${fixed(frame.x(to))}`;
      last = value;
    }
    return path || "M0,0";
  }

  byDay() {
    const days = new Map();
    this.told.at.forEach((_, index) => {
      const name = this.moment(index).toISOString().slice(0, 10);
      if (!days.has(name)) days.set(name, []);
      days.get(name).push(index);
    });
    const sum = (indexes, value) => indexes.reduce((all, index) => all + (value(index) ?? 0), 0);
    const some = (indexes, value, write) => (indexes.some((index) => value(index) !== null) ? write(sum(indexes, value)) : "-");
    return tableOf("By day, UTC", ["Day", "LCU-hours", "Highest hour", "ConsumedLCUs", "Handshakes refused", "Hours reported"],
      [...days.values()].map((indexes) => {
        const known = indexes.filter((index) => this.lcu[index] !== null);
        const amount = { low: sum(known, (index) => this.lcu[index].low), high: sum(known, (index) => this.lcu[index].high) };
        return [dayInWords(this.moment(indexes[0])).replace(" ", "\u00a0"), known.length ? range(amount, precise) : "-",
          known.length ? precise(Math.max(...known.map((index) => this.lcu[index].high))) : "-",
          some(indexes, (index) => this.told.consumed[index], precise), some(indexes, (index) => this.told.refused[index], precise), String(known.length)];
      }));
  }

  // ---------------------------------------------------------------- days by hours

  showDays(figure) {
    const means = Array.from({ length: DAY }, (_, hour) => {
      const found = this.lcu.filter((each, index) => each !== null && this.moment(index).getUTCHours() === hour);
      return found.length ? found.reduce((all, each) => all + each.high, 0) / found.length : null;
    });
    const busiest = means.indexOf(Math.max(...means.map((each) => each ?? -1)));
    const quietest = means.indexOf(Math.min(...means.map((each) => each ?? Infinity)));
    const clock = (hour) => `${String(hour).padStart(2, "0")}:00`;
    const same = plain(means[busiest]) === plain(means[quietest]);
    figure.show({
      title: same ? "The same at every hour of the day" : `Busiest at ${clock(busiest)}, quietest at ${clock(quietest)} UTC`,
      note: `Each square is an hour, each column a day, its colour the stronger the more LCU; at the right, the mean of each hour of the day: ` +
        `${plain(means[quietest])} to ${plain(means[busiest])} LCU.`,
      table: tableOf("Mean by hour of the day, UTC", ["Hour", "LCU"], means.map((each, hour) => [clock(hour), each === null ? "-" : precise(each)])),
      draw: (width) => this.drawDays(width, means),
    });
  }

  drawDays(width, means) {
    const first = this.start.getUTCHours();
    const days = Math.ceil((first + this.told.at[this.hours - 1] + 1) / DAY);
    const [left, strip, above] = [40, 34, 4];
    const across = Math.min(22, (width - left - strip) / days);
    const down = Math.max(7, Math.min(12, across * 1.4));
    const height = above + down * DAY + 24;
    const most = Math.max(...this.lcu.map((each) => each?.high ?? 0));
    const highest = Math.max(...means.map((each) => each ?? 0));
    const paths = {};
    const cell = (name, x, y, w) => {
      paths[name] = `${paths[name] || ""}M${fixed(x)},${fixed(y)} h${fixed(w)} v${fixed(down - 0.6)} h-${fixed(w)} Z`;
    };
    const gap = across > 3 ? 0.6 : 0.2;
    this.lcu.forEach((each, index) => {
      const at = first + this.told.at[index];
      const name = each === null ? "none" : `heat-${shade(each.high, most)}`;
      cell(name, left + Math.floor(at / DAY) * across, above + (at % DAY) * down, across - gap);
    });
    const right = left + days * across + 8;
    means.forEach((each, hour) => cell(each === null ? "none" : `heat-${shade(each, highest)}`, right, above + hour * down, 18));
    const shapes = Object.entries(paths).map(([name, d]) => shape("path", { d, class: name }));
    for (const hour of [0, 6, 12, 18]) {
      shapes.push(shape("text", { x: left - 6, y: above + hour * down + Math.min(11, down + 2), class: "tick end" }, `${String(hour).padStart(2, "0")}:00`));
    }
    shapes.push(shape("text", { x: right + 18, y: height - 6, class: "tick end" }, "mean"));
    const place = (hour) => left + ((hour + first) / DAY) * across;
    const dates = this.dates(place, left, right - wide("mean", 12) + 10, height - 6);
    return shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }, ...shapes, ...dates);
  }

  // ---------------------------------------------------------------- beside AWS's own count

  showBeside(figure) {
    const { totals = {}, difference } = this.told;
    const ours = ends(totals.lcu_hours);
    const theirs = ends(totals.consumed_lcu_hours);
    const rows = [["Reckoned from the metrics", ours, "blue"], ["ConsumedLCUs, what AWS counted", theirs, "grey"]].filter(([, amount]) => amount);
    const causes = (difference?.causes || []).map((each) => [each.words, plain(each.hours), precise(each.lcu_hours)]);
    const evidence = (difference?.evidence || []).map((each) => each.words).filter(Boolean);
    const most = Math.max(...rows.map(([, amount]) => amount.high));
    const within = ours && theirs && theirs.high >= ours.low * 0.99 && theirs.high <= ours.high * 1.01;
    const gap = ours && theirs ? Math.max(theirs.high - ours.high, ours.low - theirs.high) : 0;
    const title = !ours || !theirs ? "Our reckoning and AWS's count"
      : within ? "Our reckoning and AWS's count agree" : `Our reckoning and AWS's count are ${plain(gap)} LCU-hours apart`;
    figure.show({
      title,
      note: evidence.length ? el("span", {}, `What these hours say: ${evidence.join("; ")}.`) : "",
      table: [
        tableOf("LCU-hours", ["By", "LCU-hours"], rows.map(([label, amount]) => [label, range(amount, precise)])),
        ...(causes.length ? [tableOf("Why they differ: ConsumedLCUs less ours", ["Cause", "Hours", "LCU-hours"], causes)] : []),
      ],
      draw: (width) => rows.map(([label, amount, colour]) => barRow(label, `${range(amount, plain, { dash: true })} LCU-hours`, bar(width, most, {
        segments: [{ from: 0, to: amount.low, colour }, { from: amount.low, to: amount.high, colour, striped: true }], ends: amount,
      }))),
    });
  }

  // ---------------------------------------------------------------- refused handshakes

  showRefused(figure) {
    const { refused_in_all: found } = this.told;
    const values = this.told.refused;
    const known = values.some((each) => each !== null);
    const peak = values.reduce((best, each, index) => ((each ?? -1) > (values[best] ?? -1) ? index : best), 0);
    const all = values.reduce((sum, each) => sum + (each ?? 0), 0);
    const rows = found ? [
      ["Handshakes", shown(found.handshakes, precise)],
      ["LCU-hours that they are the cause of", shown(found.lcu_hours, precise)],
      ["LCU-hours if they were alone", shown(found.lcu_hours_alone, precise)],
      ["Dollars for them", shown(found.usd, preciseUsd)],
      ["GB out", shown(found.egress_gb, precise)],
      ["Dollars for those", shown(found.egress_usd, preciseUsd)],
    ] : [["Handshakes", known ? precise(all) : "not known"]];
    const cost = found ? ` They cost ${shown(found.usd, usd)} in capacity units and ${shown(found.egress_usd, usd)} in data transfer out.` : "";
    figure.show({
      title: !known ? "How many handshakes were refused is not known" : all === 0 ? "No handshake was refused" : `${capital(plain(all))} handshakes never got through TLS`,
      note: all > 0 ? `Clients without the edge's certificate, most of them.${cost}` : "",
      table: tableOf("Handshakes that never got through TLS", ["What", "In all"], rows),
      draw: (width) => (all > 0 ? this.drawRefused(width, peak) : ""),
    });
  }

  drawRefused(width, peak) {
    const height = Math.round(Math.min(200, Math.max(150, width * 0.2)));
    const values = this.told.refused;
    const frame = this.frame(width, height, values[peak], plain);
    const { made } = this.columns(frame.right - frame.left, (index) => values[index]);
    const path = made.filter(({ best }) => best !== null && values[best] > 0).map(({ from, to, best }) =>
      `M${fixed(frame.x(from))},${frame.y(0)} V${fixed(Math.min(frame.y(values[best]), frame.y(0) - 1))} H${fixed(frame.x(to))} V${frame.y(0)} Z`);
    const [number, time] = [plain(values[peak]), timeInWords(this.moment(peak))];
    const words = [`${number} in the hour from ${time}`, `${number}, ${time}`, number];
    return shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }, ...frame.shapes,
      shape("path", { d: path.join(" "), class: "fill-purple" }), mark(frame, peak + 0.5, values[peak], words));
  }

  // ---------------------------------------------------------------- what to do, and what is not known

  advice(below) {
    const { reservation } = this.told;
    if (!reservation) return [];
    const options = (reservation.options || []).map((each) => [
      `${plain(each.lcu)} LCU reserved`, shown(each.usd_per_month, usd), shown(each.extra_usd_per_month, usd), precise(each.idle_lcu_hours),
    ]);
    const peak = reservation.peak === null || reservation.peak === undefined ? ""
      : ` The highest minute needed ${plain(reservation.peak)} LCU${reservation.peak_at ? `, ${timeInWords(new Date(reservation.peak_at))}` : ""}.`;
    return [el("div", { class: "plain" }, el(below, {}, "Reserve capacity?"),
      el("p", {}, `${capital(String(reservation.words || reservation.advice || ""))}.${peak}`),
      ...(options.length ? [tableOf("What a reservation would have cost", ["Reservation", "A month", "More than on demand", "LCU-hours idle"], options)] : []))];
  }

  unknown() {
    const unknown = this.told.unknown || [];
    const gaps = this.told.gaps || [];
    const made = [];
    if (gaps.length) {
      const before = gaps.filter((each) => each.before_creation).length;
      made.push(el("p", { class: "note" }, `${plain(gaps.length)} ${gaps.length === 1 ? "stretch" : "stretches"} without a report` +
        `${before ? `, ${before === gaps.length ? "" : "one of them "}before the load balancer was made` : ""}: nothing is reckoned for them.`));
    }
    if (unknown.length) made.push(notRead(unknown));
    return made;
  }
}

/** What could not be read, and why. */
function notRead(unknown) {
  return el("div", { class: "reasons" }, el("p", {}, "What could not be read:"),
    el("ul", {}, ...unknown.map((each) => el("li", {}, `${each.what}: ${each.reason}`))));
}

function fixed(number) {
  return String(Math.round(number * 100) / 100);
}

/** From 1 to 6: the root, so that floods do not make all else look alike. */
function shade(value, most) {
  return most > 0 ? Math.max(1, Math.ceil(Math.sqrt(value / most) * 6)) : 1;
}

/** A dot with words beside it, on the side where there is room: the first of those that fit. */
function mark(frame, hour, value, choices) {
  const x = frame.x(hour);
  const words = choices.find((each) => wide(each, 12.5, "600") <= frame.right - frame.left) || choices.at(-1);
  const after = x + 8 + wide(words, 12.5, "600") <= frame.right;
  const place = after ? { x: x + 8, class: "peak start" } : { x: Math.max(x - 8, frame.left + wide(words, 12.5, "600")), class: "peak end" };
  const y = Math.max(14, frame.y(value) - 6);
  return shape("g", {}, shape("circle", { cx: x, cy: frame.y(value), r: 3, class: "peak-dot" }), shape("text", { ...place, y }, words));
}

/** What a line is, with a piece of it. */
function line(name, words) {
  const piece = shape("svg", { viewBox: "0 0 20 10", width: 20, height: 10, "aria-hidden": "true", class: "key" },
    shape("path", { d: "M0,5 H20", class: name }));
  return el("span", { class: "part" }, piece, words);
}

function hatch(words) {
  const [pattern, paint] = stripes("grey");
  return el("span", { class: "part" }, shape("svg", { viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true", class: "key" },
    shape("defs", {}, pattern), shape("rect", { width: 10, height: 10, fill: paint })), words);
}
