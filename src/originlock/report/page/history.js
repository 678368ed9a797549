"use strict";
class Observed { constructor() { this.element = el("section"); } }
