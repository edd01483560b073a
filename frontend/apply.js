// The guided form: where the gate's word beside a field changes while somebody types, the field says so, too.

document.addEventListener("htmx:oobAfterSwap", (event) => {
  const name = event.detail.target?.dataset?.fault;
  const field = name && document.getElementById(name);
  if (!field) return;
  if (document.querySelector(`#fault-${CSS.escape(name)} .gate-word__what`)) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
});
