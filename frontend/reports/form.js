// The carrier's form: the phone's own place, when the carrier asks for it and allows it. Without it the road is chosen by name.

import { Painter } from "./paint.js";

const form = document.querySelector("[data-report]");
const words = JSON.parse(document.getElementById("words").textContent);
const button = form.querySelector("[data-locate]");
const told = form.querySelector("[data-located]");

if ("geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", () => {
    told.textContent = words["reports.script.waiting"];
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lon.value = coords.longitude;
        form.elements.lat.value = coords.latitude;
        told.textContent = words["reports.script.found"];
      },
      () => {
        told.textContent = words["reports.script.refused"];
      },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 },
    );
  });
}

const paint = form.querySelector("[data-paint]");
if (paint) {
  const painter = new Painter(paint, form.elements.photo);
  let ready = false;
  form.addEventListener("submit", async (event) => {
    if (ready) return;
    event.preventDefault();
    await painter.replace();
    await new Promise((done) => setTimeout(done)); // within the event itself a form is not sent again
    ready = true;
    form.requestSubmit(event.submitter);
    ready = false; // sent by now; whoever comes back to this page may choose another photo
  });
}
