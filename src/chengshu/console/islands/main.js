// Starts the islands a page holds, keeps it live, and adds the few conveniences that need script.
import { connect } from "./live.js";

const loaders = {
  map: () => import("./map.js"),
  chart: () => import("./chart.js"),
  plan: () => import("./plan.js"),
  grid: () => import("./grid.js"),
  labels: () => import("./labels.js"),
  steward: () => import("./steward.js"),
  timebar: () => import("./timebar.js"),
};

const begun = new WeakSet();

async function start(element) {
  if (begun.has(element)) return;
  begun.add(element);
  const loader = loaders[element.dataset.island];
  if (!loader) return;
  try {
    const island = await loader();
    await island.start(element);
    element.dataset.started = "yes"; // only now does it answer to keys
  } catch (error) {
    console.error(`island ${element.dataset.island}`, error);
    if (element.dataset.broken) element.textContent = element.dataset.broken;
  }
}

const scan = (root) => root.querySelectorAll("[data-island]").forEach(start);

scan(document);
new MutationObserver((records) => {
  for (const record of records) for (const node of record.addedNodes) {
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    if (node.matches("[data-island]")) start(node);
    scan(node);
  }
}).observe(document.body, { childList: true, subtree: true });

// A choice that shows other content at once; without script the button beside it does the same.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("select[data-submit]")) event.target.form.requestSubmit();
});

// The menu closes on Escape and on a click elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.more[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});
document.addEventListener("click", (event) => {
  const open = document.querySelector("details.more[open]");
  if (open && !open.contains(event.target)) open.open = false;
});

// A button pressed once acts once.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  setTimeout(() => event.target.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

connect();
