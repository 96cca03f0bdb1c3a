// Keys of the steward's form: a digit chooses, and the form sends on Enter wherever the focus is in it. The
// keys work only while the focus is in the form and not in a field for text.
export function start(form) {
  const radios = [...form.querySelectorAll("input[type=radio]")];
  const other = form.elements.other;
  const choose = (radio) => {
    radio.checked = true;
    (radio.value === "other" ? other : radio).focus();
  };
  other.addEventListener("change", () => { if (other.value) radios.at(-1).checked = true; });
  form.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const place = event.target;
    if (place.matches("input[name=note], select, button, a")) return;
    if (event.key === "Enter") { event.preventDefault(); form.requestSubmit(); return; }
    const radio = radios[Number(event.key) - 1];
    if (radio) { event.preventDefault(); choose(radio); }
  });
}
