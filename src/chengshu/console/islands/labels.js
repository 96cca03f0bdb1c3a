// Keys of labelling: a digit says the label and goes on, s skips, b goes back. They work only while the focus
// is in the form and not in a field for text, so that no key does anything unasked.
export function start(form) {
  const radios = [...form.querySelectorAll("input[type=radio]")];
  const follow = (name) => form.querySelector(`a[data-key=${name}]`)?.click();
  form.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.key === "Enter" && event.target.matches("input[type=radio]")) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const radio = radios[Number(event.key) - 1];
    if (radio) {
      event.preventDefault();
      radio.checked = true;
      form.requestSubmit();
    } else if (event.key === "s") follow("skip");
    else if (event.key === "b") follow("back");
  });
}
