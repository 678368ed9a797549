// The calculator's inputs: what each is called, which units it takes, what is wrong with a text, and the URL's fragment.
//
// Lives here: fields, reading them, the form. Must not live here: what is reckoned with them.

"use strict";

/** Letters of a quantity. */
const LONGEST = 40;

/** Units, and the most that is believed of each measure; `begin` sets them from what Python embeds. */
let UNITS = {};
let MOST = {};

/** `slide`: from and to which power of ten the slider goes; `alb`: only an Application Load Balancer has it. */
const FIELDS = [
  { id: "region", group: "where", label: "Region", choose: "regions", above: true },
  { id: "kind", group: "where", label: "Kind", choose: "kinds", begin: "alb", above: true },
  { id: "zones", group: "where", label: "Availability Zones", whole: true, least: "1", begin: "1", only: "gwlb" },
  { id: "ipv4", group: "where", label: "Public IPv4 addresses", whole: true },
  { id: "new-connections", group: "hour", label: "New connections", unit: "a second", measure: "rate", slide: [-1, 5] },
  { id: "active", group: "hour", label: "Active connections", unit: "at a time", slide: [0, 6] },
  { id: "bytes", group: "hour", label: "Bytes", unit: "GB an hour", measure: "flow", slide: [-1, 5] },
  { id: "lambda-bytes", group: "hour", label: "Bytes of Lambda targets", unit: "GB an hour", measure: "flow", alb: true },
  { id: "requests", group: "hour", label: "Requests", unit: "a second", measure: "rate", slide: [-1, 6], alb: true },
  { id: "rules", group: "hour", label: "Rules for each request", alb: true },
  { id: "certificate-key", group: "lock", label: "Key of the listener's certificate", above: true, choose: "keys", begin: "rsa-2048", alb: true },
  { id: "mtls", group: "lock", label: "Mutual TLS", check: true, alb: true },
  { id: "trust-stores", group: "lock", label: "Trust stores", whole: true, alb: true, blank: "as needed" },
  { id: "bypass-new-connections", group: "bypass", label: "New connections", unit: "a second", measure: "rate", part: "new-connections" },
  { id: "bypass-active", group: "bypass", label: "Active connections", unit: "at a time", part: "active" },
  { id: "bypass-bytes", group: "bypass", label: "Bytes", unit: "GB an hour", measure: "flow", part: "bytes" },
  { id: "bypass-requests", group: "bypass", label: "Requests", unit: "a second", measure: "rate", part: "requests", alb: true },
  { id: "rate", group: "flood", label: "Connections", unit: "a second", measure: "rate", slide: [0, 6] },
  { id: "for", group: "flood", label: "For", unit: "hours", measure: "duration", slide: [-1, 3] },
  { id: "requests-per-connection", group: "flood", label: "Requests on each connection" },
  { id: "request-bytes", group: "flood", label: "A request", unit: "bytes", measure: "size" },
  { id: "response-bytes", group: "flood", label: "A response", unit: "bytes", measure: "size", slide: [1, 8] },
  { id: "open-seconds", group: "flood", label: "A connection stays open", unit: "seconds", measure: "seconds" },
  { id: "flood-rules", group: "flood", label: "Rules for each request" },
  { id: "already-gb", group: "flood", label: "Sent out before in this month", unit: "GB", measure: "month" },
];

const GROUPS = {
  where: "What and where",
  hour: "An average hour",
  lock: "TLS and the identity lock",
  bypass: "Of that hour, what comes round the edge",
  flood: "A flood round the edge",
};

const FIELD = Object.fromEntries(FIELDS.map((each) => [each.id, each]));

/** What a field holds where nobody said anything. */
function beginning(field) {
  return field.begin ?? (field.check || field.blank ? "" : "0");
}

/** The number that a text says, in the field's own unit, or what is wrong with it: {value} or {error}. */
function readNumber(field, text) {
  const trimmed = text.trim();
  const slip = slipOf(field, trimmed);
  if (slip) return { error: slip };
  if (trimmed === "") return { value: null };
  const found = /^(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?\s*([^/\s]*)\s*(?:\/\s*(.*))?$/i.exec(trimmed);
  if (!found) return { error: `That is no number. ${example(field)}` };
  const [, digits, exponent, unit, time] = found;
  const factor = factorOf(field, unit, time);
  if (factor === null) return { error: `“${unit}${time === undefined ? "" : `/${time}`}” is no unit for this. ${example(field)}` };
  const value = Exact.of(`${digits}${exponent || ""}`).times(factor);
  return outOfBounds(field, value) ? { error: outOfBounds(field, value) } : { value };
}

/** What is wrong whatever the unit, by how it looks. */
function slipOf(field, text) {
  if (text.length > LONGEST) return `That is longer than any number is. ${example(field)}`;
  if (text === "") return field.blank ? "" : "A number is missing here; 0 is one, too.";
  if (/^[-\u2212]/.test(text)) return "It cannot be less than nothing.";
  if (/\d,\d/.test(text)) {
    return `A comma is a decimal point to some and not to others: write ${text.replace(/,/g, ".")} or ${text.replace(/,/g, "")}.`;
  }
  return "";
}

function outOfBounds(field, value) {
  const most = Exact.of(MOST[field.measure || "count"]);
  if (value.compare(most) > 0) return `That is too large to be true: at most ${plain(most.toNumber())}.`;
  if (field.whole && !value.equals(value.floor())) return "It must be a whole number.";
  if (field.least && value.compare(Exact.of(field.least)) < 0) return `It must be at least ${field.least}.`;
  return "";
}

/** What to multiply with, for the field's own unit; null where the unit does not go with it. */
function factorOf(field, unit, time) {
  const own = (table, name) => (Object.hasOwn(table, name) ? Exact.of(table[name]) : null);
  const bytes = unit === "" ? Exact.of(field.unit === "bytes" ? "1" : UNITS.bytes.GB) : own(UNITS.bytes, unit);
  switch (field.measure) {
    case "rate": {
      const many = own(UNITS.thousands, unit);
      const seconds = time === undefined ? Exact.ONE : own(UNITS.seconds, time);
      return many && seconds && many.over(seconds);
    }
    case "flow": {
      const seconds = time === undefined ? own(UNITS.seconds, "h") : own(UNITS.seconds, time);
      return bytes && seconds && bytes.over(own(UNITS.bytes, "GB")).times(own(UNITS.seconds, "h")).over(seconds);
    }
    case "month":
      return time === undefined && bytes ? bytes.over(own(UNITS.bytes, "GB")) : null;
    case "size":
      return time === undefined ? bytes : null;
    case "duration":
    case "seconds": {
      const mine = own(UNITS.seconds, field.unit === "hours" ? "h" : "s");
      if (unit === "" || time !== undefined) return time === undefined ? Exact.ONE : null;
      const seconds = own(UNITS.seconds, unit);
      return seconds && seconds.over(mine);
    }
    default:
      return time === undefined ? own(UNITS.thousands, unit) : null;
  }
}

const EXAMPLES = {
  rate: "Write a number such as 26, or 1560/m.",
  flow: "Write a number such as 10, or 300MiB/m.",
  month: "Write a number such as 100, or 2TB.",
  size: "Write a number such as 5000, or 5KB.",
  duration: "Write a number such as 1.5, or 90m.",
  seconds: "Write a number such as 1.5, or 2m.",
};

function example(field) {
  return EXAMPLES[field.measure] || (field.whole ? "Write a whole number such as 2." : "Write a number such as 26.");
}

/** Every field's number from its text: {values, errors}; an error is words next to the field. */
function readAll(texts, regions, choices) {
  const values = {};
  const errors = {};
  for (const field of FIELDS) {
    // What the kind does not have is as if nobody had said anything of it.
    const text = (without(field, texts.kind) ? undefined : texts[field.id]) ?? beginning(field);
    if (field.check) values[field.id] = text !== "" && text !== "0" && text !== "off" && text !== "false";
    else if (field.choose) {
      values[field.id] = text;
      const known = field.choose === "regions" ? Object.hasOwn(regions, text) : choices[field.choose].includes(text);
      if (!known) errors[field.id] = field.choose === "regions" ? unknownRegion(text, regions) : "There is no such choice.";
    } else {
      const { value, error } = readNumber(field, text);
      if (error) errors[field.id] = error;
      else values[field.id] = value;
    }
  }
  tooMuch(values, errors);
  return { values, errors };
}

/** A load balancer of this kind has no such thing. */
function without(field, kind) {
  return Boolean((field.alb && kind !== "alb") || (field.only && field.only !== kind));
}

function unknownRegion(text, regions) {
  if (Object.keys(regions).length === 0) return "This page holds no prices: make it anew with `originlock cost`.";
  return `No prices of ${text.slice(0, LONGEST) || "a Region"} are in this page. Choose one of those that are.`;
}

/** A part is at most the whole. */
function tooMuch(values, errors) {
  for (const field of FIELDS.filter((each) => each.part)) {
    const [part, whole] = [values[field.id], values[field.part]];
    if (part && whole && part.compare(whole) > 0) {
      errors[field.id] = `That is more than all of it (${plain(whole.toNumber())}).`;
    }
  }
}

const GIGA = Exact.of("1e9");

/** The model's usage from the fields with a prefix; who comes round the edge is judged by the same rules. */
function usageOf(model, values, prefix = "") {
  const requests = values[`${prefix}requests`];
  return {
    new_connections: values[`${prefix}new-connections`],
    active: values[`${prefix}active`],
    bytes: values[`${prefix}bytes`].times(GIGA),
    lambda_bytes: prefix ? Exact.ZERO : values["lambda-bytes"].times(GIGA),
    requests,
    evaluations: model.evaluations(requests, values.rules),
  };
}

function figuresOf(model, values) {
  const stores = values["trust-stores"] ?? (values.mtls ? Exact.ONE : Exact.ZERO);
  return {
    owned: { kind: values.kind, zones: values.zones, trust_stores: stores, ipv4: values.ipv4 },
    usage: usageOf(model, values),
    mutual: values.mtls,
    bypass: usageOf(model, values, "bypass-"),
    key: values["certificate-key"],
  };
}

function floodOf(values) {
  return {
    rate: values.rate,
    hours: values.for,
    requests_per_connection: values["requests-per-connection"],
    request_bytes: values["request-bytes"],
    response_bytes: values["response-bytes"],
    open_seconds: values["open-seconds"],
    rules: values["flood-rules"],
  };
}

/** What the URL's fragment says of our fields; whatever else is in it is nobody's business. */
function fromFragment(hash) {
  const told = {};
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (Object.hasOwn(FIELD, name)) told[name] = text.slice(0, LONGEST + 1);
  }
  return told;
}

function toFragment(texts) {
  return `#${new URLSearchParams(FIELDS.map((each) => [each.id, texts[each.id]]))}`;
}

// ---------------------------------------------------------------- the form

const SLIDER_STEPS = 120;

/** The form: every field labelled, its error beneath it. `changed` is called with nothing. */
class Form {
  constructor(regions, choices, changed) {
    this.inputs = {};
    this.errors = {};
    this.rows = {};
    this.sliders = {};
    this.changed = changed;
    this.options = {
      regions: Object.keys(regions).map((each) => [each, each]),
      ...choices,
    };
    this.element = el("form", { class: "form", novalidate: "", autocomplete: "off" });
    this.element.addEventListener("submit", (event) => event.preventDefault());
    this.groups = {};
    for (const [group, words] of Object.entries(GROUPS)) this.element.append(this.groupOf(group, words));
  }

  groupOf(group, words) {
    const rows = FIELDS.filter((each) => each.group === group).map((each) => this.row(each));
    if (group === "bypass") {
      this.groups[group] = el("details", { class: "group" }, el("summary", {}, words), ...rows);
    } else this.groups[group] = el("fieldset", { class: "group" }, el("legend", {}, words), ...rows);
    return this.groups[group];
  }

  row(field) {
    const input = this.input(field);
    const error = el("p", { class: "error", id: `${field.id}-error`, hidden: "" });
    const label = el("label", { for: field.id }, field.label, field.unit ? el("span", { class: "unit" }, ` ${field.unit}`) : "");
    const row = el("div", { class: `row${field.check ? " check" : ""}${field.above ? " above" : ""}` }, label, input);
    if (field.slide) row.append(this.slider(field));
    row.append(error);
    this.inputs[field.id] = input;
    this.errors[field.id] = error;
    this.rows[field.id] = row;
    return row;
  }

  input(field) {
    const common = { id: field.id, name: field.id, "aria-describedby": `${field.id}-error` };
    const made = field.choose
      ? el("select", common, ...this.options[field.choose].map(([value, words]) => el("option", { value }, words)))
      : field.check
        ? el("input", { ...common, type: "checkbox" })
        : el("input", { ...common, type: "text", inputmode: "decimal", spellcheck: "false", placeholder: field.blank || "", maxlength: LONGEST + 1 });
    made.addEventListener("input", () => this.told());
    return made;
  }

  slider(field) {
    const made = el("input", { type: "range", min: 0, max: SLIDER_STEPS, step: 1, "aria-label": `${GROUPS[field.group]}: ${field.label}, by slider` });
    made.addEventListener("input", () => {
      this.inputs[field.id].value = slidTo(field, Number(made.value));
      this.told();
    });
    this.sliders[field.id] = made;
    return made;
  }

  told() {
    this.settle();
    this.changed();
  }

  texts() {
    return Object.fromEntries(FIELDS.map((field) => {
      const input = this.inputs[field.id];
      return [field.id, field.check ? (input.checked ? "on" : "") : input.value];
    }));
  }

  /** Put texts into the fields; those not among them begin anew. */
  fill(texts) {
    for (const field of FIELDS) {
      const text = texts[field.id] ?? beginning(field);
      const input = this.inputs[field.id];
      if (field.check) input.checked = text !== "" && text !== "0" && text !== "off" && text !== "false";
      else if (field.choose) this.choose(input, text);
      else input.value = text;
    }
    this.settle();
    if (FIELDS.some((each) => each.part && !/^0*$/.test(this.inputs[each.id].value))) this.groups.bypass.open = true;
  }

  /** A choice that is not offered is shown as it is, so that its error can be read and another be chosen. */
  choose(input, text) {
    for (const each of [...input.options].filter((option) => option.dataset.strange)) each.remove();
    if (![...input.options].some((each) => each.value === text)) {
      const option = el("option", { value: text }, text || "choose one");
      option.dataset.strange = "1";
      input.append(option);
    }
    input.value = text;
  }

  /** What does not go with the kind is put away; sliders follow the numbers. */
  settle() {
    const kind = this.inputs.kind.value;
    for (const field of FIELDS) {
      this.rows[field.id].hidden = without(field, kind);
      const slider = this.sliders[field.id];
      if (slider && document.activeElement !== slider) slider.value = slidFrom(field, this.inputs[field.id].value);
      if (slider) slider.setAttribute("aria-valuetext", `${this.inputs[field.id].value} ${field.unit}`);
    }
    this.groups.lock.hidden = kind !== "alb";
    this.groups.flood.hidden = kind !== "alb";
  }

  /** Errors in words beneath their fields. */
  show(errors) {
    for (const field of FIELDS) {
      const words = this.rows[field.id].hidden ? undefined : errors[field.id];
      const place = this.errors[field.id];
      place.hidden = !words;
      if (place.textContent !== (words || "")) place.textContent = words || "";
      if (words) this.inputs[field.id].setAttribute("aria-invalid", "true");
      else this.inputs[field.id].removeAttribute("aria-invalid");
      if (words && field.group === "bypass") this.groups.bypass.open = true;
    }
  }
}

function slidTo(field, step) {
  if (step === 0) return "0";
  const [from, to] = field.slide;
  const number = 10 ** (from + ((to - from) * (step - 1)) / (SLIDER_STEPS - 1));
  return String(Number(number.toPrecision(2)));
}

function slidFrom(field, text) {
  const { value } = readNumber(field, text);
  if (!value || value.zero) return 0;
  const [from, to] = field.slide;
  const step = 1 + ((Math.log10(value.toNumber()) - from) / (to - from)) * (SLIDER_STEPS - 1);
  return Math.round(Math.min(SLIDER_STEPS, Math.max(1, step)));
}
