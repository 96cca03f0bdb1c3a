// Looking back: a slider over the last day, and running the past forward without leaving the page.

const DAY_MS = 86400000;
const STEP_MS = 120000;
const EVERY_MS = 1000;

function address(moment, part) {
  const url = new URL(part ?? location.href, location.href);
  if (moment) url.searchParams.set("as_of", moment.toISOString());
  else url.searchParams.delete("as_of");
  return url;
}

export function start(form) {
  const body = document.body;
  const now = Date.parse(form.dataset.now);
  const shown = () => Date.parse(body.dataset.asOf ?? form.dataset.now);
  const field = form.elements.as_of;
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = String(Math.min(shown(), now - DAY_MS));
  slider.max = String(now);
  slider.step = "60000";
  slider.value = String(shown());
  slider.setAttribute("aria-label", field.labels[0].textContent.trim());
  form.querySelector(".steps").after(slider);
  const clock = document.getElementById("clock");
  const format = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.dataset.zone,
  });
  const describe = () => { slider.setAttribute("aria-valuetext", format.format(new Date(Number(slider.value)))); };
  describe();
  slider.addEventListener("input", () => { clock.textContent = format.format(new Date(Number(slider.value))); describe(); });
  slider.addEventListener("change", () => {
    const moment = Number(slider.value);
    location.assign(address(moment >= now - 60000 ? null : new Date(moment)));
  });

  const play = form.querySelector("[data-play]");
  let timer = null;
  const halt = () => { clearInterval(timer); timer = null; location.replace(address(new Date(shown()))); };
  play?.addEventListener("click", () => {
    if (timer) { halt(); return; }
    play.setAttribute("aria-pressed", "true");
    timer = setInterval(() => {
      const moment = shown() + STEP_MS;
      if (moment >= now) { clearInterval(timer); location.assign(address(null)); return; }
      body.dataset.asOf = new Date(moment).toISOString();
      slider.value = String(moment);
      clock.textContent = format.format(new Date(moment));
      for (const part of document.querySelectorAll("[hx-get]")) {
        const url = address(new Date(moment), part.getAttribute("hx-get"));
        window.htmx.ajax("GET", url.pathname + url.search, { target: part, swap: "innerMorph" });
      }
      body.dispatchEvent(new CustomEvent("moved"));
    }, EVERY_MS);
  });
}
