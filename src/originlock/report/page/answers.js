// The two answers: what a month costs, and what a flood costs, in words, bars and tables.
//
// Lives here: which numbers each shows, and its sentences. Must not live here: arithmetic (see model.js), shapes.

"use strict";

const DIMENSION_COLOURS = {
  new_connections: "blue",
  active_connections: "orange",
  processed_bytes: "green",
  rule_evaluations: "purple",
};

const PART_COLOURS = { lcu: "blue", hours: "grey", trust_stores: "purple", ipv4: "orange" };

/** Everything as floats, once it has been reckoned. */
function amounts(of) {
  return Object.fromEntries(Object.entries(of).map(([name, amount]) => [name, floats(amount)]));
}

/** Why numbers are ranges, one reason a line. */
function reasons(model, open) {
  if (open.length === 0) return "";
  return el("div", { class: "reasons" },
    el("p", {}, `${model.told.why_a_range}:`),
    el("ul", {}, ...open.map((each) => el("li", { "data-question": each }, model.told.question_words[each]))));
}

/** A line of label and number with its bar, and what is under it. */
function barRow(label, number, drawn, under) {
  return el("div", { class: "bar-row" },
    el("div", { class: "bar-head" }, el("span", { class: "bar-label" }, ...[label].flat()), el("span", { class: "bar-number" }, number)),
    drawn,
    under ? el("div", { class: "bar-under" }, ...[under].flat()) : "");
}

// ---------------------------------------------------------------- a month

class MonthAnswer {
  constructor(level) {
    const below = level === "h1" ? "h2" : "h3";
    this.level = level;
    this.eyebrow = el("p", { class: "eyebrow" });
    this.headline = el(level, { class: "headline" });
    this.lead = el("p", { class: "lead" });
    this.cards = el("div", { class: "cards" });
    this.reasons = el("div");
    this.dimensions = new Figure("dimensions", below);
    this.parts = new Figure("parts", below);
    this.element = el("section", { class: "answer", id: "month" },
      this.eyebrow, this.headline, this.lead, this.cards, this.reasons, this.dimensions.element, this.parts.element);
  }

  show(model, words, prices, figures, made) {
    const { kind } = figures.owned;
    const unit = UNIT_WORDS[kind];
    const month = amounts(made.perMonth);
    const kindWords = words.kind_words[kind];
    this.eyebrow.replaceChildren(`${kindWords} in ${prices.region}${figures.mutual ? ", with mutual TLS" : ""}`);
    const cost = `${capital(range(month.total, usd))} a month`;
    this.headline.replaceChildren(this.level === "h1" ? cost : `${words.page === "observe" ? "The mean hour" : "The normal load"}: ${cost}`);
    this.lead.replaceChildren(...this.sentence(model, prices, figures, made, unit));
    this.cards.replaceChildren(...this.locks(figures, made, unit));
    this.reasons.replaceChildren(reasons(model, made.open));
    this.showDimensions(model, figures, made, unit);
    this.showParts(model, prices, figures, made);
    return cost;
  }

  /** Which dimension is charged, and what of the bill it is. */
  sentence(model, prices, figures, made, unit) {
    const { decidedBy, mayDecide } = made.lcu;
    const total = floats(made.lcu.total);
    const price = usd(model.usd(prices, model.told.unit_price[figures.owned.kind]).toNumber());
    if (decidedBy === null) return [`Without usage no ${unit} is charged: what there is to pay is paid by the hour.`];
    const words = [el("strong", {}, `${DIMENSION_WORDS[decidedBy]} decide`), `: ${range(total, plain)} ${unit} on average, each ${price} an hour, `];
    words.push(`${range(floats(made.perMonth.lcu), usd)} of the month. Only the highest dimension is charged; the others are already paid for.`);
    const others = mayDecide.filter((each) => each !== decidedBy);
    if (others.length > 0) words.push(` Where it comes cheaper, ${listed(others.map((each) => DIMENSION_WORDS[each].toLowerCase()))} may decide.`);
    return words;
  }

  /** What each lock adds or saves. */
  locks(figures, made, unit) {
    const cards = [];
    if (made.identityLock) {
      const added = floats(made.identityLock);
      cards.push(el("div", { class: "card" }, el("p", { class: "card-title" }, "Identity lock (mutual TLS)"),
        el("p", { class: "card-number" }, `${figures.mutual ? "adds" : "would add"} `, datum("locks.identity.adds_usd_per_month", added, usd), " a month"),
        el("p", {}, "A trust store, headers on each request, and half as many connections for a unit.")));
    }
    const saved = floats(made.networkLock);
    const alone = floats(made.bypassingAlone);
    const caused = floats(made.bypassing);
    const some = alone.high > 0;
    cards.push(el("div", { class: "card" }, el("p", { class: "card-title" }, "Network lock (security group)"),
      el("p", { class: "card-number" }, "saves ", datum("locks.network.saves_usd_per_month", saved, usd), " a month"),
      el("p", {}, some
        ? `Those who come round the edge are the cause of ${range(caused, plain)} ${unit}: all, less what there is without them. ` +
          `Alone they would need ${range(alone, plain)}; the highest of a sum is not the sum of the highest.`
        : "No part of this hour is said to come round the edge. It adds nothing to the bill either way.")));
    return cards;
  }

  showDimensions(model, figures, made, unit) {
    const total = floats(made.lcu.total);
    const decided = made.lcu.decidedBy;
    const rows = model.dimensions.map((each) => [each, floats(made.lcu.byDimension[each])]);
    const counted = rows.filter(([each]) => each !== "rule_evaluations" || figures.owned.kind === "alb");
    const number = counted.length === 4 ? "Four" : "Three";
    const draw = (width) => counted.map(([each, amount]) => {
      const charged = each === decided;
      const colour = charged ? "blue" : "ghost";
      const segments = [{ from: 0, to: amount.low, colour }, { from: amount.low, to: amount.high, colour, striped: true }];
      const drawn = bar(width, total.high, { segments, paid: charged ? 0 : total.high, ends: amount });
      const label = [DIMENSION_WORDS[each], charged ? el("span", { class: "tag" }, "charged") : ""];
      return barRow(label, `${range(amount, plain, { dash: true })} ${unit}`, drawn, charged || !decided ? "" : this.room(model, figures, made, each));
    });
    this.dimensions.show({
      title: decided === null ? `${number} dimensions, none used` : `${number} dimensions are measured, one is charged`,
      note: decided === null ? "" : `Dashed: what is already paid for. Units are averaged over the hour and charged in fractions.`,
      table: tableOf(`${unit} an hour`, ["Dimension", "Units"], [
        ...rows.map(([each, amount]) => [DIMENSION_WORDS[each], datum(`lcu.${each}`, amount, precise)]),
        ["Charged", datum("lcu.total", total, precise)],
        ["Decided by", el("span", { "data-key": "lcu.decided_by", "data-text": decided ?? "" }, decided === null ? "nothing" : DIMENSION_WORDS[decided].toLowerCase())],
      ]),
      draw,
    });
  }

  /** Up to where a dimension that does not decide may grow for nothing. */
  room(model, figures, made, dimension) {
    if (made.lcu.mayDecide.includes(dimension)) return "may be the one that is charged";
    const units = made.lcu.total.low;
    const covered = model.covered[figures.owned.kind];
    const active = figures.mutual ? model.activeMutual : covered.active;
    const per = { new_connections: covered.new_connections, active_connections: active, rule_evaluations: model.rulesPerUnit };
    const most = dimension === "processed_bytes" ? units.toNumber() : units.times(per[dimension]).toNumber();
    const words = {
      new_connections: `already paid for up to ${plain(most)} a second`,
      active_connections: `already paid for up to ${plain(most)} at a time`,
      processed_bytes: `already paid for up to ${plain(most)} GB an hour`,
      rule_evaluations: `already paid for up to ${plain(most)} a second, besides the free ones`,
    };
    return words[dimension];
  }

  showParts(model, prices, figures, made) {
    const postures = this.postures(model, prices, figures, made);
    const most = Math.max(...postures.map(({ bill }) => bill.total.high));
    const parts = ["hours", "ipv4", "trust_stores", "lcu"];
    const draw = (width) => postures.map(({ label, bill, now }) => {
      let at = 0;
      const segments = [];
      for (const each of parts) {
        segments.push({ from: at, to: at + bill[each].low, colour: PART_COLOURS[each] });
        at += bill[each].low;
      }
      segments.push({ from: at, to: bill.total.high, colour: PART_COLOURS.lcu, striped: true });
      const under = parts.filter((each) => bill[each].high > 0)
        .map((each) => key(PART_COLOURS[each], `${PART_WORDS[each]} ${range(bill[each], usd, { dash: true })}`));
      const words = [label, now ? el("span", { class: "tag" }, "as asked") : ""];
      return barRow(words, range(bill.total, usd, { dash: true }), bar(width, most, { segments, ends: bill.total }), under);
    });
    const hour = amounts(made.perHour);
    const month = amounts(made.perMonth);
    this.parts.show({
      title: "What the month is made of",
      note: postures.some(({ bill }) => bill.total.low < bill.total.high) ? "Striped, between the brackets: what is not known." : "",
      table: [
        tableOf("Dollars as asked", ["For", "An hour", `${plain(model.hoursPerMonth.toNumber())} hours`],
          [...parts, "total"].map((each) => [capital(PART_WORDS[each]),
            datum(`usd_per_hour.${each}`, hour[each], preciseUsd), datum(`usd_per_month.${each}`, month[each], preciseUsd)])),
        tableOf("Dollars a month", ["Locks", ...parts.map((each) => capital(PART_WORDS[each])), "In all"],
          postures.map(({ label, bill }) => [label, ...[...parts, "total"].map((each) => range(bill[each], preciseUsd))])),
        tableOf("Of that hour, what comes round the edge", ["Reckoned", "Units"], [
          ["What it is the cause of", datum("locks.network.lcu", floats(made.bypassing), precise)],
          ["What it would need alone", datum("locks.network.lcu_alone", floats(made.bypassingAlone), precise)],
        ]),
      ],
      draw,
    });
  }

  /** The month's bill with and without each lock. */
  postures(model, prices, figures, made) {
    const of = (asked) => amounts(manyTimes(model.bills(prices, asked), model.hoursPerMonth));
    const rows = [];
    if (made.identityLock) {
      const plainly = model.switched(figures, false);
      rows.push({ label: "Without mutual TLS", bill: of(plainly), now: !figures.mutual });
      rows.push({ label: "With mutual TLS", bill: of(model.switched(figures, true)), now: figures.mutual });
    }
    if (!rows.some(({ now }) => now)) rows.push({ label: "The month", bill: of(figures), now: true });
    if (!made.bypassingAlone.high.zero) {
      const usage = Object.fromEntries(USAGE.map((each) => [each, figures.usage[each].minus(figures.bypass[each])]));
      rows.push({ label: "As asked, with the network lock", bill: of({ ...figures, usage }), now: false });
    }
    return rows;
  }
}

// ---------------------------------------------------------------- a flood

/** What is not known, in the colours of what it belongs to, and never beyond what is known to be the most. */
function unknownParts({ lcu_usd: units, egress_usd: out, total_usd: total }, from) {
  const [more, further] = [units.high - units.low, out.high - out.low];
  const scale = more + further > 0 ? (total.high - from) / (more + further) : 0;
  const middle = from + more * scale;
  return [
    { from, to: middle, colour: "blue", striped: true },
    { from: middle, to: total.high, colour: "orange", striped: true },
  ];
}

class FloodAnswer {
  constructor(level) {
    const below = level === "h1" ? "h2" : "h3";
    this.level = level;
    this.eyebrow = el("p", { class: "eyebrow" });
    this.headline = el(level, { class: "headline" });
    this.lead = el("p", { class: "lead" });
    this.reasons = el("div");
    this.postures = new Figure("postures", below);
    this.curve = new FloodCurve(below);
    this.element = el("section", { class: "answer", id: "flood" },
      this.eyebrow, this.headline, this.lead, this.reasons, this.postures.element, this.curve.element);
  }

  show(model, words, asked, made) {
    const { prices, flood } = asked;
    const harms = Object.fromEntries(Object.entries(made.harms).map(([posture, harm]) => [posture, amounts(harm)]));
    const rate = plain(flood.rate.toNumber());
    const { open, mtls } = harms;
    this.eyebrow.replaceChildren(`${rate} connections a second round the edge for ${hoursInWords(flood.hours.toNumber())}, ${prices.region}`);
    const cost = `${capital(range(open.total_usd, usd))} with the door open`;
    this.headline.replaceChildren(this.level === "h1" ? cost : `A flood: ${cost}`);
    const spared = harms.security_group.total_usd.high === 0;
    this.lead.replaceChildren(
      el("strong", {}, `Mutual TLS: ${range(mtls.total_usd, usd)}. Security group: ${range(harms.security_group.total_usd, usd)}.`),
      ` ${this.proportion(open)}${spared ? " Packets that the security group drops never reach the load balancer." : ""}`,
    );
    this.reasons.replaceChildren(reasons(model, made.open));
    this.showPostures(model, words, harms);
    this.curve.show(model, words, asked, harms);
    return cost;
  }

  /** What the larger part of an open door's bill is. */
  proportion({ lcu_usd: units, egress_usd: out }) {
    if (out.high === 0 && units.high === 0) return "Nothing is added.";
    if (units.high === 0) return "With the door open it is data transfer out alone: the normal load has paid for the capacity units.";
    if (out.high === 0) return "With the door open it is capacity units alone.";
    const times = out.high / units.high;
    if (times >= 1.5) return `With the door open, data transfer out is ${plain(times, { digits: 2 })} times the capacity units.`;
    if (times <= 1 / 1.5) return `With the door open, capacity units are ${plain(1 / times, { digits: 2 })} times the data transfer out.`;
    return "With the door open, capacity units and data transfer out are about the same.";
  }

  showPostures(model, words, harms) {
    const most = Math.max(...Object.values(harms).map((each) => each.total_usd.high));
    const rows = model.postures.map((each) => [words.posture_words[each], harms[each], each]);
    const draw = (width) => rows.map(([label, harm]) => {
      const both = harm.lcu_usd.low + harm.egress_usd.low;
      const segments = [
        { from: 0, to: harm.lcu_usd.low, colour: "blue" },
        { from: harm.lcu_usd.low, to: both, colour: "orange" },
        ...unknownParts(harm, both),
      ];
      const under = harm.total_usd.high === 0 ? "nothing is added" : [
        key("blue", `capacity units ${range(harm.lcu_usd, usd, { dash: true })}`),
        key("orange", `data transfer out ${range(harm.egress_usd, usd, { dash: true })}`),
      ];
      return barRow(label, range(harm.total_usd, usd, { dash: true }), bar(width, most, { segments, ends: harm.total_usd, height: 30 }), under);
    });
    this.postures.show({
      title: "The same flood against three doors",
      note: "On top of the normal load: what it already pays for is not counted again. Striped, between the brackets: what is not known.",
      table: tableOf("What the flood adds", ["Posture", "LCU-hours", "Dollars for them", "GB out", "Dollars for them", "In all"],
        rows.map(([label, harm, posture]) => [label,
          datum(`postures.${posture}.lcu`, harm.lcu, precise),
          datum(`postures.${posture}.lcu_usd`, harm.lcu_usd, preciseUsd),
          datum(`postures.${posture}.egress_gb`, harm.egress_gb, precise),
          datum(`postures.${posture}.egress_usd`, harm.egress_usd, preciseUsd),
          datum(`postures.${posture}.total_usd`, harm.total_usd, preciseUsd)])),
      draw,
    });
  }
}
