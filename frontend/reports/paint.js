// What a carrier paints over in a photo before it is sent: the photo is drawn on a canvas, and what goes to the hub is the
// canvas, so what is under the paint never leaves the phone, nor does what the phone wrote into the file. The hub looks
// for faces and number plates all the same.

const SIDE = 1600;
const BRUSH = 0.07; // of the shorter side

export class Painter {
  #strokes = [];
  #picture = null;
  #opening = Promise.resolve();

  constructor(root, input) {
    this.root = root;
    this.input = input;
    this.canvas = root.querySelector("canvas");
    this.undoButton = root.querySelector("[data-undo]");
    this.pen = this.canvas.getContext("2d");
    input.addEventListener("change", () => {
      const [file] = input.files;
      this.#opening = this.#opening.then(() => this.#open(file));
    });
    this.undoButton.addEventListener("click", () => this.#undo());
    this.canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.canvas.hasPointerCapture(event.pointerId) && this.#go(event));
  }

  async #open(file) {
    this.#strokes = [];
    this.#picture = file ? await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null) : null;
    this.root.hidden = !this.#picture; // what is no picture, the hub tells
    if (!this.#picture) return;
    const scale = Math.min(1, SIDE / Math.max(this.#picture.width, this.#picture.height));
    this.canvas.width = Math.round(this.#picture.width * scale);
    this.canvas.height = Math.round(this.#picture.height * scale);
    this.#draw();
  }

  #place({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * this.canvas.width, ((clientY - box.top) / box.height) * this.canvas.height];
  }

  #begin(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.#strokes.push([this.#place(event)]);
    this.#draw();
  }

  #go(event) {
    this.#strokes.at(-1).push(this.#place(event));
    this.#draw();
  }

  #undo() {
    this.#strokes.pop();
    this.#draw();
  }

  #draw() {
    const { pen, canvas } = this;
    pen.drawImage(this.#picture, 0, 0, canvas.width, canvas.height);
    pen.lineCap = pen.lineJoin = "round";
    pen.lineWidth = Math.min(canvas.width, canvas.height) * BRUSH;
    pen.strokeStyle = "#000000";
    for (const [[x, y], ...rest] of this.#strokes) {
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + 0.1, y); // a tap is a dot
      for (const [toX, toY] of rest) pen.lineTo(toX, toY);
      pen.stroke();
    }
    this.undoButton.disabled = !this.#strokes.length;
  }

  // Puts what is seen, once it is, in the place of the file that was chosen; nothing where there is no picture.
  async replace() {
    await this.#opening;
    if (!this.#picture) return;
    const blob = await new Promise((done) => this.canvas.toBlob(done, "image/jpeg", 0.9));
    const files = new DataTransfer();
    files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
    this.input.files = files.files;
  }
}
