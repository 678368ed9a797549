// The page: from what Python embedded and the URL's fragment to the answers, and back on every change.
//
// Lives here: putting the parts together, and state. Must not live here: formulas, shapes, sentences of the answers.

"use strict";

class Page {
  constructor(told) {
    this.told = told;
    this.model = new Model(told.constants);
    UNITS = told.quantities;
    MOST = told.quantities.most;
    for (const [region, prices] of Object.entries(told.regions)) prices.region = region;
    this.month = new MonthAnswer(told.page === "estimate" ? "h1" : "h2");
    this.flood = new FloodAnswer(told.page === "storm" ? "h1" : "h2");
    this.form = new Form(told.regions, { kinds: Object.entries(told.kind_words), keys: Object.entries(told.key_words) }, () => this.later());
    this.live = el("p", { class: "live" });
    this.status = el("p", { class: "hidden", role: "status" });
    this.prices = el("section", { id: "prices" });
    this.asked = el("section", { id: "asked", class: "paper" });
    this.problem = el("p", { class: "problem", role: "alert", hidden: "" });
    this.choices = { kinds: Object.keys(told.kind_words), keys: Object.keys(told.key_words) };
    this.waiting = null;
  }

  begin() {
    const observed = this.told.page === "observe";
    const answers = this.told.page === "storm" ? [this.flood, this.month] : [this.month, this.flood];
    const again = el("button", { type: "button" }, "Back to what was asked");
    again.addEventListener("click", () => {
      this.form.fill(this.told.asked);
      this.now();
    });
    const calculator = el("section", { id: "calculator", "aria-labelledby": "calculator-heading" },
      el("h2", { id: "calculator-heading" }, observed ? "Reckon with other numbers" : "Change what was asked"),
      observed ? el("p", { class: "quiet" }, "It begins with the mean of the hours above, as if without mutual TLS. A mean hour costs less " +
        "than the hours did one by one: each has a highest dimension of its own.") : "",
      el("p", { class: "quiet" }, "Numbers and plots move at once. The address keeps it: copy it to share the calculation."),
      this.form.element, again, this.live);
    const answer = el("div", { class: "answers" }, this.problem, ...answers.map((each) => each.element));
    const main = el("main", {}, ...this.histories(), el("div", { class: "columns" }, answer, calculator), this.asked, this.prices);
    document.getElementById("page").replaceChildren(this.title(), main, this.footer(), this.status);
    this.form.fill({ ...this.told.asked, ...fromFragment(location.hash) });
    this.reckon();
    for (const each of FIGURES) each.follow();
    addEventListener("hashchange", () => this.toldByAddress());
    this.paper();
  }

  title() {
    const many = this.told.page === "observe" && this.told.observed.length !== 1;
    const down = el("button", { type: "button", class: "down" }, "Change the numbers");
    down.addEventListener("click", () => {
      this.form.inputs.region.focus({ preventScroll: true });
      document.getElementById("calculator").scrollIntoView();
    });
    return el("header", { class: "top" }, el("div", { class: "bar-head" }, el("p", { class: "mark" }, "originlock"), down),
      many ? el("h1", { class: "headline several" }, this.several()) : "");
  }

  several() {
    const { observed } = this.told;
    return observed.length === 0 ? "No load balancer was observed" : `${observed.length} load balancers`;
  }

  histories() {
    const { observed, unknown } = this.told;
    const level = observed.length === 1 ? "h1" : "h2";
    const made = observed.map((each, index) => new Observed(each, this.model.dimensions, level, index).element);
    return unknown.length ? [el("section", { class: "answer" }, notRead(unknown)), ...made] : made;
  }

  footer() {
    return el("footer", {}, el("p", {}, "Made by originlock. This page asks nothing of anywhere: it holds its prices and reckons by itself, with exact " +
      "numbers, by the same formulas as the command line. Free tiers and credits are not counted; a month is " +
      `${plain(this.model.hoursPerMonth.toNumber())} hours.`));
  }

  paper() {
    const paper = matchMedia("print");
    paper.addEventListener("change", (event) => onPaper(event.matches));
    addEventListener("beforeprint", () => onPaper(true));
    addEventListener("afterprint", () => onPaper(false));
    if (paper.matches) onPaper(true);
  }

  toldByAddress() {
    const told = fromFragment(location.hash);
    if (toFragment(this.form.texts()) === location.hash) return;
    this.form.fill({ ...this.told.asked, ...told });
    this.reckon();
  }

  /** Once a frame is enough, however fast somebody types. */
  later() {
    if (this.waiting !== null) return;
    this.waiting = requestAnimationFrame(() => this.now());
  }

  now() {
    this.waiting = null;
    this.reckon();
    history.replaceState(null, "", toFragment(this.form.texts()));
  }

  reckon() {
    const { values, errors } = readAll(this.form.texts(), this.told.regions, this.choices);
    const last = this.ever ? "These numbers are the last that could be reckoned: an input is marked." : "Nothing can be reckoned yet: an input is marked.";
    let words = Object.keys(errors).length ? last : "";
    if (!words) {
      try {
        this.show(values);
      } catch (problem) {
        if (!(problem instanceof Missing)) throw problem;
        errors.region = problem.message;
        words = problem.message;
      }
    }
    this.ever ||= words === "";
    document.body.classList.toggle("never", !this.ever);
    this.form.show(errors);
    this.problem.textContent = words;
    this.problem.hidden = words === "";
    if (words) this.live.textContent = words;
    document.body.classList.toggle("stale", words !== "");
  }

  show(values) {
    const prices = this.told.regions[values.region];
    const figures = figuresOf(this.model, values);
    const said = [`${this.month.show(this.model, this.told, prices, figures, this.model.estimate(prices, figures))}.`];
    const alb = values.kind === "alb";
    this.flood.element.hidden = !alb;
    if (alb) {
      const asked = { prices, flood: floodOf(values), normal: figures.usage, already: values["already-gb"], key: values["certificate-key"] };
      said.push(`A flood: ${this.flood.show(this.model, this.told, asked, this.model.storm(asked))}.`);
    }
    if (this.told.page === "storm") said.reverse();
    this.live.textContent = said.join(" ");
    this.announce(said.join(" "));
    this.showPrices(prices);
    this.showAsked();
  }

  /** Said to those who do not see it, once typing has come to rest. */
  announce(words) {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => { this.status.textContent = words; }, 800);
  }

  showPrices(prices) {
    const { item_words: items } = this.model.told;
    const rows = Object.entries(prices.prices).map(([item, each]) => [capital(items[item]), preciseUsd(Exact.of(each.usd).toNumber()), each.as_of, each.source]);
    for (const [index, tier] of (prices.egress ? prices.egress.tiers : []).entries()) {
      const end = tier.up_to_gb === null ? "beyond that" : `up to ${plain(Exact.of(tier.up_to_gb).toNumber())} GB a month`;
      const free = index === 0 ? `, ${plain(Exact.of(prices.egress.free_gb).toNumber())} of them free` : "";
      rows.push([`A GB out to the internet, ${end}${free}`, preciseUsd(Exact.of(tier.usd_per_gb).toNumber()), prices.egress.as_of, prices.egress.source]);
    }
    this.prices.replaceChildren(
      el("details", {}, el("summary", {}, el("h2", {}, "The prices reckoned with")),
        tableOf(`Dollars in ${prices.region}`, ["For", "Dollars", "As of", "Source"], rows)));
  }

  /** On paper there is nothing to type into: what was asked stands as a table. */
  showAsked() {
    const texts = this.form.texts();
    const rows = FIELDS.filter((each) => !without(each, texts.kind))
      .filter((each) => each.group !== "bypass" || !/^0*$/.test(texts[each.id]))
      .map((field) => [`${GROUPS[field.group]}: ${field.label}`, this.askedIn(field, texts[field.id])]);
    this.asked.replaceChildren(el("h2", {}, "What was asked"), tableOf("Inputs", ["Input", "Value"], rows));
  }

  askedIn(field, text) {
    if (field.check) return text ? "yes" : "no";
    if (field.choose === "kinds") return this.told.kind_words[text];
    if (field.choose === "keys") return this.told.key_words[text];
    return `${text || field.blank}${field.unit && !/[a-z]/i.test(text) ? ` ${field.unit}` : ""}`;
  }
}

new Page(JSON.parse(document.getElementById("data").textContent)).begin();
