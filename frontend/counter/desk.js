// The counter by keyboard: Enter moves on to the next field that is still empty and submits when none is; a signature
// is drawn on a canvas and handed in as strokes of [x, y, milliseconds]; slips are printed. Works without all of it.

/** Return what of a form a person can still fill in, in order. */
function fields(form) {
  return [...form.querySelectorAll("input:not([type=hidden]):not([type=file]), select, textarea")].filter((f) => f.offsetParent);
}

function isEmpty(field) {
  return field.type === "checkbox" ? !field.checked : field.type !== "radio" && field.required && !field.value.trim();
}

for (const form of document.querySelectorAll("form[data-moves-on]")) {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.matches("button, textarea, summary, [type=file]")) return;
    const all = fields(form);
    const after = all.slice(all.indexOf(event.target) + 1);
    const next = after.find(isEmpty) ?? (event.target.type === "checkbox" ? after.find((field) => field.id === "typed") : null);
    event.preventDefault();
    if (next) next.focus();
    else form.requestSubmit();
  });
}

/** Let a person sign. */
function sign(box) {
  const pad = box.querySelector("canvas");
  const kept = box.querySelector("[name=strokes]");
  const pen = pad.getContext("2d");
  let strokes = [];
  let began = 0;
  try {
    strokes = JSON.parse(kept.value || "[]");
  } catch {
    kept.value = "";
  }
  box.hidden = false;
  pen.lineWidth = 3;
  pen.lineCap = pen.lineJoin = "round";

  function draw() {
    pen.clearRect(0, 0, pad.width, pad.height);
    for (const stroke of strokes) {
      pen.beginPath();
      for (const [x, y] of stroke) pen.lineTo(x, y);
      pen.stroke();
    }
  }
  function point(event) {
    const shape = pad.getBoundingClientRect();
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
    began ||= event.timeStamp;
    return [
      within(((event.clientX - shape.left) * pad.width) / shape.width, pad.width),
      within(((event.clientY - shape.top) * pad.height) / shape.height, pad.height),
      Math.max(0, Math.round(event.timeStamp - began)),
    ];
  }
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    strokes.push([point(event)]);
    draw();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!pad.hasPointerCapture(event.pointerId)) return;
    strokes.at(-1).push(point(event));
    draw();
  });
  pad.addEventListener("pointerup", () => {
    kept.value = JSON.stringify(strokes);
  });
  box.querySelector("[data-clear]").addEventListener("click", () => {
    strokes = [];
    began = 0;
    kept.value = "";
    draw();
  });
  draw();
}

for (const box of document.querySelectorAll("[data-signature]")) sign(box);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
