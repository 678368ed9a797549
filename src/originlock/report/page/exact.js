// Exact numbers: fractions of whole numbers, as the model has them, so that no result depends on the order of sums.
//
// Lives here: arithmetic. Must not live here: any formula, or how a number is shown.

"use strict";

class Exact {
  /** A fraction is only reduced once it has grown long: most never do. The denominator is positive. */
  constructor(n, d = 1n) {
    if (d > Exact.LONG) {
      let a = n < 0n ? -n : n;
      let b = d;
      while (b) [a, b] = [b, a % b];
      n /= a;
      d /= a;
    }
    this.n = n;
    this.d = d;
  }

  /** Of "12", "0.008", "1e6" or "1/125"; the caller has seen to it that it is one of these. */
  static of(text) {
    const [above, below] = String(text).split("/");
    const [digits, exponent] = above.toLowerCase().split("e");
    const [whole, rest = ""] = digits.split(".");
    const power = Number(exponent || 0) - rest.length;
    const n = BigInt((whole || "0") + rest);
    const tens = 10n ** BigInt(Math.abs(power));
    const number = power < 0 ? new Exact(n, tens) : new Exact(n * tens);
    return below === undefined ? number : number.over(Exact.of(below));
  }

  plus(o) { return this.d === o.d ? new Exact(this.n + o.n, this.d) : new Exact(this.n * o.d + o.n * this.d, this.d * o.d); }
  minus(o) { return this.d === o.d ? new Exact(this.n - o.n, this.d) : new Exact(this.n * o.d - o.n * this.d, this.d * o.d); }
  times(o) { return new Exact(this.n * o.n, this.d * o.d); }
  over(o) { return o.n < 0n ? new Exact(-this.n * o.d, -this.d * o.n) : new Exact(this.n * o.d, this.d * o.n); }
  compare(o) { const gap = this.n * o.d - o.n * this.d; return gap < 0n ? -1 : gap > 0n ? 1 : 0; }
  equals(o) { return this.compare(o) === 0; }
  max(o) { return this.compare(o) < 0 ? o : this; }
  min(o) { return this.compare(o) > 0 ? o : this; }
  get zero() { return this.n === 0n; }

  /** The whole part of a number that is not negative. */
  floor() { return new Exact(this.n / this.d); }

  /** The nearest float, near enough: sixty-four bits are kept before it is rounded. */
  toNumber() {
    if (this.n === 0n) return 0;
    const negative = this.n < 0n;
    const n = negative ? -this.n : this.n;
    const shift = Math.max(0, 64 - 4 * (n.toString(16).length - this.d.toString(16).length));
    const number = Number((n << BigInt(shift)) / this.d) / 2 ** shift;
    return negative ? -number : number;
  }
}

Exact.LONG = 1n << 256n;
Exact.ZERO = new Exact(0n);
Exact.ONE = new Exact(1n);
