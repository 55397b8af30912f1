// @ts-check
/** A small grey picture, such as the input of a network. */

class Grey extends HTMLElement {
  /** @param {{width: number, height: number, pixels: ArrayLike<number>, label?: string}} picture */
  set picture({ width, height, pixels, label }) {
    const canvas = this.querySelector("canvas") ?? this.appendChild(document.createElement("canvas"));
    [canvas.width, canvas.height] = [width, height];
    const image = new ImageData(width, height);
    for (let place = 0; place < width * height; place++) image.data.set([pixels[place], pixels[place], pixels[place], 255], 4 * place);
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    this.setAttribute("role", "img");
    this.setAttribute("aria-label", label ?? `The picture as the network sees it, ${width} by ${height} pixels`);
  }
}

customElements.define("nn-grey", Grey);
