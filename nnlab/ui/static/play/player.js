// @ts-check
/** Shows kept epochs one after the other at the speed of a person: a tiny training ends before an eye can follow. */

const [MIN_FRAME_MS, MAX_FRAME_MS, TOTAL_MS] = [70, 280, 8000];

export class Player {
  index = 0;
  isPlaying = false;
  #isLive = false;
  /** How many epochs were kept when it was last looked. */
  #number = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {() => number[]} epochs The kept ones.
   * @param {(epoch: number) => Promise<void>} show
   * @param {() => void} stopped Is called at the end.
   */
  constructor(epochs, show, stopped) {
    this.epochs = epochs;
    this.show = show;
    this.stopped = stopped;
  }

  /** How long a frame is shown [ms]. */
  get pace() {
    return Math.min(MAX_FRAME_MS, Math.max(MIN_FRAME_MS, TOTAL_MS / this.epochs().length));
  }

  get seconds() {
    return (this.epochs().length * this.pace) / 1000;
  }

  get isAtEnd() {
    return this.index >= this.epochs().length - 1;
  }

  /**
   * Follow a training: show its first epoch, then the newest, and what is left once it has ended; its last
   * epochs may become known after its end.
   * @param {boolean} isLive Whether it is under way.
   * @param {boolean} isShown Whether an epoch of it is shown.
   */
  follow(isLive, isShown) {
    const number = this.epochs().length;
    const hasEnded = this.#isLive && !isLive;
    const hasMore = !isLive && number > this.#number;
    [this.#isLive, this.#number] = [isLive, number];
    if (this.isPlaying || !number) return;
    if (!isShown || ((hasEnded || hasMore) && !this.isAtEnd)) void this.play(!isShown);
    else if (isLive) void this.go(Infinity);
  }

  /** @param {number} index */
  go(index) {
    this.index = Math.max(0, Math.min(this.epochs().length - 1, index));
    const epoch = this.epochs()[this.index];
    return epoch === undefined ? Promise.resolve() : this.show(epoch);
  }

  /** Play from the start, or on from here if that is not the end. @param {boolean} isAnew */
  play(isAnew) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.go(Infinity);
    if (isAnew || this.isAtEnd) this.index = -1;
    this.isPlaying = true;
    return this.#next();
  }

  pause() {
    this.isPlaying = false;
    clearTimeout(this.#timer);
  }

  async #next() {
    if (!this.isPlaying) return;
    const began = Date.now();
    await this.go(this.index + 1);
    this.#timer = setTimeout(() => void this.#next(), Math.max(0, this.pace - (Date.now() - began)));
    if (!this.isAtEnd) return;
    this.pause();
    this.stopped();
  }
}
