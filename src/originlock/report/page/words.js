// Numbers and names in words.
//
// Lives here: how money, units, ranges and dimensions are written. Must not live here: what is reckoned or drawn.

"use strict";

const DIMENSION_WORDS = {
  new_connections: "New connections",
  active_connections: "Active connections",
  processed_bytes: "Processed bytes",
  rule_evaluations: "Rule evaluations",
};

const PART_WORDS = {
  lcu: "capacity units",
  hours: "load balancer hours",
  trust_stores: "trust stores",
  ipv4: "public IPv4",
  total: "in all",
};

const UNIT_WORDS = { alb: "LCU", "nlb-tcp": "NLCU", "nlb-udp": "NLCU", "nlb-tls": "NLCU", gwlb: "GLCU" };

const SCALES = [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]];

/** With three significant digits at least, and never a zero that is none. */
function plain(number, { digits = 3, decimals = 0 } = {}) {
  const size = Math.abs(number);
  if (size === 0) return "0";
  if (size < 1e-6) return number.toExponential(1);
  if (size >= 1e15) return number.toExponential(2);
  const scale = SCALES.find(([from]) => size >= from);
  if (scale) return `${plain(number / scale[0], { digits })}\u00a0${scale[1]}`;
  if (size >= 1000) return number.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const whole = Math.max(1, Math.floor(Math.log10(size)) + 1);
  const most = size >= 1 ? Math.max(decimals, digits - whole) : digits - 1 - Math.floor(Math.log10(size));
  return number.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: Math.max(most, decimals) });
}

/** Dollars, with cents below a thousand; of less than ten cents as many digits as say something. */
function usd(number) {
  const size = Math.abs(number);
  const sign = number < 0 ? "-" : "";
  if (size === 0) return "$0";
  if (size < 1e-6) return `${sign}$${size.toExponential(1)}`;
  if (size >= 0.1 && size < 1000) return `${sign}$${size.toFixed(2)}`;
  return `${sign}$${plain(size, { decimals: size < 1 ? 2 : 0 })}`;
}

/** Dollars at an axis: no cents that are none. */
function tickUsd(number) {
  return usd(number).replace(/\.00$/, "");
}

/** As exactly as a table wants it. */
function precise(number) {
  return plain(number, { digits: 6 });
}

function preciseUsd(number) {
  return number === 0 ? "$0" : number < 0 ? `-$${precise(-number)}` : `$${precise(number)}`;
}

/** "A to B", or one number where both ends are the same; `dash` for labels. */
function range(amount, write, { dash = false } = {}) {
  const low = write(amount.low);
  const high = write(amount.high);
  if (amount.low === amount.high) return high;
  if (low === high) return `about ${high}`;
  const common = dash && low.startsWith("$") && high.startsWith("$") ? high.slice(1) : high;
  return dash ? `${low}–${common}` : `${low} to ${high}`;
}

/** Both ends as floats: what is shown and drawn is reckoned exactly before. */
function floats(amount) {
  return { low: amount.low.toNumber(), high: amount.high.toNumber() };
}

function hoursInWords(hours) {
  if (hours === 1) return "an hour";
  if (hours > 0 && hours < 1 / 60) return many(hours * 3600, "second");
  if (hours > 0 && hours < 1) return many(hours * 60, "minute");
  if (hours >= 48 && hours % 24 === 0) return many(hours / 24, "day");
  return many(hours, "hour");
}

/** "1 day", "2 days". */
function many(number, thing) {
  return `${plain(number)} ${thing}${number === 1 ? "" : "s"}`;
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "a, b and c". */
function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
