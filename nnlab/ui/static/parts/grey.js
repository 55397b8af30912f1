// @ts-check
/** A small picture, grey or in colour, such as the input of a network. */

class Grey extends HTMLElement {
  /** @param {{width: number, height: number, pixels: ArrayLike<number>, channels?: number, label?: string}} picture Row by row; of a picture in colour, red, green and blue one after the other. */
  set picture({ width, height, pixels, channels = 1, label }) {
    const canvas = this.querySelector("canvas") ?? this.appendChild(document.createElement("canvas"));
    [canvas.width, canvas.height] = [width, height];
    const image = new ImageData(width, height);
    const size = width * height;
    const [green, blue] = channels === 3 ? [size, 2 * size] : [0, 0];
    for (let place = 0; place < size; place++) image.data.set([pixels[place], pixels[green + place], pixels[blue + place], 255], 4 * place);
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    this.setAttribute("role", "img");
    this.setAttribute("aria-label", label ?? `The picture as the network sees it, ${width} by ${height} pixels`);
  }
}

customElements.define("nn-grey", Grey);
