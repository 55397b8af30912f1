"use strict";
for (const player of document.querySelectorAll(".player")) {
  const frames = JSON.parse(player.dataset.frames);
  const [image, slider, output, button] = ["img", "input", "output", "button"].map((tag) => player.querySelector(tag));
  let timer = null;
  const show = () => {
    const frame = frames[slider.value];
    image.src = frame.image;
    image.alt = `Decision regions after epoch ${frame.epoch}`;
    output.textContent = frame.epoch;
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  };
  const advance = () => {
    slider.value = Number(slider.value) + 1;
    show();
    if (Number(slider.value) === frames.length - 1) stop();
  };
  slider.addEventListener("input", () => { stop(); show(); });
  button.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (Number(slider.value) === frames.length - 1) slider.value = 0;
    show();
    button.textContent = "Pause";
    timer = setInterval(advance, 250);
  });
  show();
}
