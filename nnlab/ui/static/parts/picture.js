// @ts-check
/** A picture that is asked for once it is nearly seen; a browser's own `lazy` asks some pages before that. */

import { isServed } from "../api.js";

const nearby = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) /** @type {Picture} */ (target).show();
}, { rootMargin: "100px" });

class Picture extends HTMLElement {
  #image = document.createElement("img");
  #address = "";
  #isShown = !isServed;

  /** @param {{address: string, alt: string}} picture */
  set picture({ address, alt }) {
    [this.#address, this.#image.alt] = [address, alt];
    if (this.#isShown) this.show();
  }

  connectedCallback() {
    this.append(this.#image);
    if (!this.#isShown) nearby.observe(this);
  }

  disconnectedCallback() {
    nearby.unobserve(this);
  }

  show() {
    this.#isShown = true;
    nearby.unobserve(this);
    if (this.#image.getAttribute("src") !== this.#address) this.#image.src = this.#address;
  }
}

customElements.define("nn-picture", Picture);
