// The plan as a diagram with its live tokens. The tasks listed under it say the same in words.

const STATES = ["active", "done", "failed"];

function tokens(element) {
  const place = document.getElementById(element.dataset.tokensFrom);
  return Object.fromEntries(STATES.map((state) => [state, (place?.dataset[state] ?? "").split(" ").filter(Boolean)]));
}

export async function start(element) {
  const answer = await fetch(element.dataset.source, { headers: { accept: "application/xml" } });
  if (!answer.ok) throw new Error(`plan: ${answer.status}`);
  const viewer = new window.BpmnJS({ container: element });
  await viewer.importXML(await answer.text());
  const canvas = viewer.get("canvas");
  const overlays = viewer.get("overlays");
  const registry = viewer.get("elementRegistry");
  const words = { active: element.dataset.activeWord, done: element.dataset.doneWord, failed: element.dataset.failedWord };
  const drawing = element.querySelector("svg");
  drawing?.setAttribute("role", "img");
  drawing?.setAttribute("aria-label", element.dataset.label);

  function look(found) {
    const shapes = found.active.map((id) => registry.get(id)).filter(Boolean);
    canvas.zoom("fit-viewport", "auto");
    if (!shapes.length || canvas.zoom() > 0.75) return;
    const left = Math.min(...shapes.map((shape) => shape.x));
    const top = Math.min(...shapes.map((shape) => shape.y));
    const right = Math.max(...shapes.map((shape) => shape.x + shape.width));
    const bottom = Math.max(...shapes.map((shape) => shape.y + shape.height));
    const box = element.getBoundingClientRect();
    const wanted = Math.min(1, box.width / (right - left + 160), box.height / (bottom - top + 120));
    const size = Math.max(wanted, 0.6);
    canvas.viewbox({
      x: (left + right) / 2 - box.width / size / 2, y: (top + bottom) / 2 - box.height / size / 2,
      width: box.width / size, height: box.height / size,
    });
  }

  function mark() {
    const found = tokens(element);
    overlays.clear();
    for (const shape of registry.getAll()) for (const state of STATES) canvas.removeMarker(shape.id, `is-${state}`);
    for (const state of STATES) for (const id of found[state]) {
      const shape = registry.get(id);
      if (!shape) continue;
      canvas.addMarker(id, `is-${state}`);
      if (shape.width < 60) continue;
      const badge = document.createElement("div");
      badge.className = `token token-${state}`;
      badge.textContent = words[state];
      overlays.add(id, { position: { top: -12, left: 8 }, html: badge });
    }
    return found;
  }

  look(mark());
  const list = document.getElementById("plan-tasks");
  if (list) new MutationObserver(mark).observe(list, { childList: true, subtree: true, attributes: true });
}
