// The time slider: a range input over the windows, play and pause, back to live. Calls `show(moment)` with an ISO time,
// or null when it follows the newest window.

import { formatTime, t } from "./words.js";

const FRAME_MS = 700;

export class Timeline {
  #root;
  #show;
  #times = [];
  #timer = null;
  live = true;

  constructor(root, show) {
    this.#root = root;
    this.#show = show;
    this.slider = root.querySelector("[data-slider]");
    this.playButton = root.querySelector("[data-play]");
    this.liveButton = root.querySelector("[data-live]");
    this.slider.addEventListener("input", () => this.#go(Number(this.slider.value)));
    this.playButton.addEventListener("click", () => (this.#timer ? this.pause() : this.play()));
    this.liveButton.addEventListener("click", () => this.goLive());
  }

  // Takes the span of the windows from a state, and moves to its time.
  update(state) {
    const { first, last, step_s: step } = state.windows;
    this.#times = [];
    for (let at = Date.parse(first ?? state.at), end = Date.parse(last ?? state.at); at <= end; at += (step ?? 600) * 1000) this.#times.push(new Date(at).toISOString().replace(".000Z", "Z"));
    this.slider.max = Math.max(0, this.#times.length - 1);
    this.slider.disabled = this.playButton.disabled = this.#times.length < 2;
    const place = this.#times.findIndex((time) => Date.parse(time) >= Date.parse(state.at));
    this.#place(this.live || place < 0 ? this.#times.length - 1 : place);
    this.#root.querySelector("[data-first]").textContent = first ? formatTime(first) : "";
    this.#root.querySelector("[data-last]").textContent = last ? formatTime(last) : "";
  }

  #place(index) {
    this.slider.value = index;
    const text = this.#times[index] ? formatTime(this.#times[index]) : "";
    this.slider.setAttribute("aria-valuetext", text);
    this.#root.querySelector("[data-now]").textContent = text;
    this.liveButton.setAttribute("aria-pressed", String(this.live));
  }

  #go(index) {
    this.live = index >= this.#times.length - 1;
    this.#place(index);
    this.#show(this.live ? null : this.#times[index]);
  }

  goLive() {
    this.pause();
    this.live = true;
    this.#place(this.#times.length - 1);
    this.#show(null);
  }

  play() {
    const end = this.#times.length - 1;
    if (Number(this.slider.value) >= end) this.#go(0);
    this.#timer = setInterval(() => {
      const next = Number(this.slider.value) + 1;
      this.#go(Math.min(next, end));
      if (next >= end) this.pause();
    }, FRAME_MS);
    this.#label();
  }

  pause() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#label();
  }

  #label() {
    this.playButton.querySelector("[data-label]").textContent = this.#timer ? t("roads.pause") : t("roads.play");
    this.playButton.dataset.playing = String(Boolean(this.#timer));
  }
}
