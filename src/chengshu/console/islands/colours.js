// The colours of the style sheet as plain values, for canvases; they follow the theme.

export function colours() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const read = (name) => {
    probe.style.setProperty("color", `var(--${name})`);
    return getComputedStyle(probe).color;
  };
  const names = ["ground", "surface", "sunken", "line", "line-strong", "ink", "quiet", "accent", "water", "park",
    "road", "blue", "yellow", "orange", "red"];
  const found = Object.fromEntries(names.map((name) => [name, read(name)]));
  probe.remove();
  return found;
}

export function onTheme(redraw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

export function scale() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
