// The model: the formulas of originlock.cost, word for word, on exact numbers.
//
// Lives here: readings and their hull, capacity units, bills, transfer, estimates, floods.
// Must not live here: any constant or price (Python embeds them), any word for people.
//
// An amount is {low, high}; a usage has the six numbers of originlock.facts.usage; a reading answers every question.

"use strict";

/** A price that is needed is not known in the Region. */
class Missing extends Error {}

const USAGE = ["new_connections", "active", "bytes", "lambda_bytes", "requests", "evaluations"];

class Model {
  constructor(constants) {
    const exact = (name) => Exact.of(constants[name]);
    this.told = constants;
    this.secondsPerHour = exact("seconds_per_hour");
    this.hoursPerMonth = exact("hours_per_month");
    this.freeRules = exact("free_rules");
    this.rulesPerUnit = exact("rules_per_unit");
    this.activeMutual = exact("active_mutual");
    this.lambdaGb = exact("lambda_gb");
    this.keyFactor = Object.fromEntries(Object.entries(constants.key_factor).map(([key, each]) => [key, Exact.of(each)]));
    this.refusedWithin = exact("refused_within");
    this.dimensions = constants.dimensions;
    this.postures = constants.postures;
    this.covered = {};
    for (const [kind, each] of Object.entries(constants.covered)) {
      this.covered[kind] = { new_connections: Exact.of(each.new_connections), active: Exact.of(each.active) };
    }
    this.answers = {};
    for (const [question, told] of Object.entries(constants.answers)) {
      this.answers[question] = told.map((each) => (typeof each === "boolean" ? each : Exact.of(each)));
    }
  }

  // ---------------------------------------------------------------- readings

  dearest() {
    return Object.fromEntries(Object.entries(this.answers).map(([question, answers]) => [question, answers[0]]));
  }

  /** Every combination of answers to the questions, the dearest first; those not asked keep the dearest answer. */
  readings(questions) {
    let made = [this.dearest()];
    for (const question of questions) {
      made = made.flatMap((each) => this.answers[question].map((answer) => ({ ...each, [question]: answer })));
    }
    return made;
  }

  /** The lowest and the highest under every reading. */
  hull(reckon, questions) {
    return spread(this.readings(questions).map(reckon));
  }

  /** The questions of which another answer, all others the same, gives another result. */
  moving(reckon, questions) {
    const readings = this.readings(questions);
    const results = readings.map(reckon);
    return questions.filter((question) => {
      const others = questions.filter((each) => each !== question);
      const firsts = new Map();
      return readings.some((reading, index) => {
        const alike = others.map((each) => this.answers[each].indexOf(reading[each])).join();
        if (!firsts.has(alike)) firsts.set(alike, results[index]);
        return results[index].some((number, at) => !number.equals(firsts.get(alike)[at]));
      });
    });
  }

  // ---------------------------------------------------------------- units

  units(kind, usage, reading, mutual, key) {
    const covered = this.covered[kind];
    const bytes = usage.bytes.over(reading.gigabyte);
    const fresh = usage.new_connections.over(covered.new_connections);
    if (kind !== "alb") {
      const active = usage.active.over(covered.active);
      return { new_connections: fresh, active_connections: active, processed_bytes: bytes, rule_evaluations: Exact.ZERO };
    }
    const lambda = usage.lambda_bytes.over(reading.gigabyte).over(this.lambdaGb);
    const charged = usage.evaluations.minus(this.freeRules.times(usage.requests));
    return {
      new_connections: fresh.times(this.keyFactor[key]),
      active_connections: usage.active.over(mutual ? this.activeMutual : covered.active),
      processed_bytes: reading.lambda_adds ? bytes.plus(lambda) : bytes.max(lambda),
      rule_evaluations: charged.max(Exact.ZERO).over(this.rulesPerUnit),
    };
  }

  /** What is charged. */
  total(units) {
    return this.dimensions.map((each) => units[each]).reduce((one, other) => one.max(other));
  }

  /** The first of those that are charged; null where there was no usage. */
  decidedBy(units) {
    const total = this.total(units);
    return total.zero ? null : this.dimensions.find((each) => units[each].equals(total));
  }

  withHeaders(usage, reading) {
    const more = usage.requests.times(this.secondsPerHour).times(reading.header_bytes);
    return { ...usage, bytes: usage.bytes.plus(more) };
  }

  /** Rules processed a second: no request lends to others what it leaves of its free ones. */
  evaluations(requests, rules) {
    return requests.times(rules.max(this.freeRules));
  }

  marginal(kind, everyone, part, reading, mutual, key) {
    const rest = Object.fromEntries(USAGE.map((each) => [each, everyone[each].minus(part[each])]));
    const all = this.total(this.units(kind, everyone, reading, mutual, key));
    return all.minus(this.total(this.units(kind, rest, reading, mutual, key)));
  }

  // ---------------------------------------------------------------- bills

  usd(prices, item) {
    const price = prices.prices[item];
    if (!price) throw this.missing(prices, this.told.item_words[item]);
    return Exact.of(price.usd);
  }

  transfer(prices) {
    if (!prices.egress) throw this.missing(prices, "data transfer out to the internet");
    return prices.egress;
  }

  missing(prices, what) {
    return new Missing(
      `The price of ${what} in ${prices.region} is not known here. ` +
        `Ask AWS for it: originlock cost prices --refresh --region ${prices.region}`,
    );
  }

  bill(prices, owned, unitHours) {
    const zones = owned.kind === "gwlb" ? owned.zones : Exact.ONE;
    const some = (item, number) => (number.zero ? Exact.ZERO : number.times(this.usd(prices, item)));
    const made = {
      lcu: unitHours.times(this.usd(prices, this.told.unit_price[owned.kind])),
      hours: zones.times(this.usd(prices, this.told.hour_price[owned.kind])),
      trust_stores: some(this.told.trust_store_price, owned.trust_stores),
      ipv4: some(this.told.ipv4_price, owned.ipv4),
    };
    made.total = made.lcu.plus(made.hours).plus(made.trust_stores).plus(made.ipv4);
    return made;
  }

  /** Dollars for so many GB where so many were sent before in the month. */
  transferUsd(egress, gb, already) {
    return this.upTo(egress, already.plus(gb)).minus(this.upTo(egress, already));
  }

  upTo(egress, gb) {
    const free = Exact.of(egress.free_gb);
    let usd = Exact.ZERO;
    let start = Exact.ZERO;
    for (const tier of egress.tiers) {
      const limit = tier.up_to_gb === null ? null : Exact.of(tier.up_to_gb);
      const end = limit === null ? gb : gb.min(limit);
      usd = usd.plus(end.minus(start.max(free)).max(Exact.ZERO).times(Exact.of(tier.usd_per_gb)));
      if (limit === null || gb.compare(limit) <= 0) break;
      start = limit;
    }
    return usd;
  }

  // ---------------------------------------------------------------- estimate

  /** Figures: {owned, usage, mutual, bypass, key}. */
  estimate(prices, figures) {
    const asked = this.told.questions.estimate;
    const { kind } = figures.owned;
    const alone = { ...figures, usage: figures.bypass };
    const caused = this.hull(
      (reading) => this.marginal(
        kind, this.counted(figures, reading), this.counted(alone, reading), reading, figures.mutual, figures.key,
      ),
      asked,
    );
    const perHour = this.bills(prices, figures);
    return {
      lcu: this.dimensionAmounts(figures),
      perHour,
      perMonth: manyTimes(perHour, this.hoursPerMonth),
      identityLock: this.identityLock(prices, figures),
      bypassing: caused,
      bypassingAlone: this.hull((reading) => this.total(this.unitsOf(alone, reading)), asked),
      networkLock: times(caused, this.usd(prices, this.told.unit_price[kind]).times(this.hoursPerMonth)),
      open: this.open(figures),
    };
  }

  /** What the units depend on, and what each lock adds to them or saves. */
  open(figures) {
    const switched = figures.owned.kind === "alb" ? [false, true] : [false];
    return this.moving((reading) => [
      ...Object.values(this.unitsOf(figures, reading)),
      ...switched.map((mutual) => this.total(this.unitsOf({ ...figures, mutual }, reading))),
    ], this.told.questions.estimate);
  }

  counted(figures, reading) {
    return figures.mutual ? this.withHeaders(figures.usage, reading) : figures.usage;
  }

  unitsOf(figures, reading) {
    return this.units(figures.owned.kind, this.counted(figures, reading), reading, figures.mutual, figures.key);
  }

  billOf(prices, figures, reading) {
    return this.bill(prices, figures.owned, this.total(this.unitsOf(figures, reading)));
  }

  bills(prices, figures) {
    const every = this.readings(this.told.questions.estimate).map((reading) => this.billOf(prices, figures, reading));
    return Object.fromEntries(Object.keys(every[0]).map((part) => [part, spread(every.map((each) => each[part]))]));
  }

  dimensionAmounts(figures) {
    const every = this.readings(this.told.questions.estimate).map((reading) => this.unitsOf(figures, reading));
    const deciders = every.map((each) => this.decidedBy(each));
    return {
      byDimension: Object.fromEntries(this.dimensions.map((each) => [each, spread(every.map((units) => units[each]))])),
      total: spread(every.map((each) => this.total(each))),
      decidedBy: deciders[0],
      mayDecide: this.dimensions.filter((each) => deciders.includes(each)),
    };
  }

  /** The same figures with the identity lock, or without it; what is asked for is taken as it is. */
  switched(figures, mutual) {
    if (mutual === figures.mutual) return figures;
    const stores = figures.owned.trust_stores.zero ? Exact.ONE : figures.owned.trust_stores;
    return { ...figures, mutual, owned: { ...figures.owned, trust_stores: mutual ? stores : Exact.ZERO } };
  }

  identityLock(prices, figures) {
    if (figures.owned.kind !== "alb") return null;
    if (!figures.mutual && !prices.prices[this.told.trust_store_price]) return null;
    const added = (reading) => this.billOf(prices, this.switched(figures, true), reading).total
      .minus(this.billOf(prices, this.switched(figures, false), reading).total);
    return times(this.hull(added, this.told.questions.estimate), this.hoursPerMonth);
  }

  // ---------------------------------------------------------------- storm

  /**
   * What is asked: {prices, flood, normal, already, key}.
   * A flood: {rate, hours, requests_per_connection, request_bytes, response_bytes, open_seconds, rules}.
   */
  storm(asked) {
    const harms = Object.fromEntries(this.postures.map((each) => [each, this.harm(each, asked)]));
    const every = (reading) => this.postures.flatMap((each) => [
      this.addedUnits(each, asked, reading),
      this.sentBytes(each, asked.flood, reading).over(reading.gigabyte),
    ]);
    return { harms, open: this.moving(every, this.told.questions.storm) };
  }

  harm(posture, asked) {
    const { prices, flood, already } = asked;
    const price = this.usd(prices, this.told.unit_price.alb);
    const egress = this.transfer(prices);
    const every = this.readings(this.told.questions.storm).map((reading) => {
      const lcu = this.addedUnits(posture, asked, reading);
      const gb = this.sentBytes(posture, flood, reading).over(reading.gigabyte);
      const out = this.transferUsd(egress, gb, already);
      return { lcu, lcu_usd: lcu.times(price), egress_gb: gb, egress_usd: out, total_usd: lcu.times(price).plus(out) };
    });
    return Object.fromEntries(Object.keys(every[0]).map((part) => [part, spread(every.map((each) => each[part]))]));
  }

  addedUnits(posture, { flood, normal, key }, reading) {
    const mutual = posture === "mtls";
    const usual = mutual ? this.withHeaders(normal, reading) : normal;
    const total = (usage) => this.total(this.units("alb", usage, reading, mutual, key));
    const before = total(usual);
    const coming = this.flooding(posture, flood, reading);
    const whole = flood.hours.floor();
    const rest = flood.hours.minus(whole);
    const full = total(sum(usual, coming)).minus(before);
    const last = total(sum(usual, share(coming, rest))).minus(before);
    return whole.times(full).plus(last);
  }

  flooding(posture, flood, reading) {
    if (posture === "open") {
      const requests = flood.rate.times(flood.requests_per_connection);
      return {
        new_connections: flood.rate,
        active: flood.rate.times(flood.open_seconds),
        bytes: requests.times(this.secondsPerHour).times(flood.request_bytes.plus(flood.response_bytes)),
        lambda_bytes: Exact.ZERO,
        requests,
        evaluations: this.evaluations(requests, flood.rules),
      };
    }
    const nothing = Object.fromEntries(USAGE.map((each) => [each, Exact.ZERO]));
    if (posture === "mtls" && reading.refused_count) {
      const active = flood.rate.times(flood.open_seconds.min(this.refusedWithin));
      return { ...nothing, new_connections: flood.rate, active };
    }
    return nothing;
  }

  sentBytes(posture, flood, reading) {
    const connections = flood.rate.times(flood.hours).times(this.secondsPerHour);
    if (posture === "open") {
      return connections.times(reading.handshake_bytes.plus(flood.requests_per_connection.times(flood.response_bytes)));
    }
    return posture === "mtls" ? connections.times(reading.handshake_bytes) : Exact.ZERO;
  }
}

function spread(numbers) {
  return {
    low: numbers.reduce((one, other) => one.min(other)),
    high: numbers.reduce((one, other) => one.max(other)),
  };
}

function times(amount, factor) {
  return { low: amount.low.times(factor), high: amount.high.times(factor) };
}

function manyTimes(amounts, factor) {
  return Object.fromEntries(Object.entries(amounts).map(([part, amount]) => [part, times(amount, factor)]));
}

function sum(one, other) {
  return Object.fromEntries(USAGE.map((each) => [each, one[each].plus(other[each])]));
}

function share(usage, part) {
  return Object.fromEntries(USAGE.map((each) => [each, usage[each].times(part)]));
}
