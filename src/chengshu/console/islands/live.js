// Listens to what changed and tells the page, family by family ("live-warning", "live-event", …), at most once
// per second and family. Says so at once when the connection or the hub stops: stale is never green.

const QUIET_MS = 15000;
const PACE_MS = { observations: 5000 };
const SPOKEN = new Set(["warning", "event"]);

export function connect() {
  const body = document.body;
  const banner = document.getElementById("connection");
  if (body.dataset.asOf || !banner || !document.querySelector(".main-nav")) return;
  const clock = document.getElementById("clock");
  const mode = document.querySelector("[data-live]");
  const format = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.dataset.zone,
  });
  const pending = new Map();
  let seq = Number(body.dataset.seq);
  let heard = Date.now();
  let lost = false;
  let source;

  function tell(family, detail) {
    const known = pending.get(family);
    if (known) { known.details.push(detail); return; }
    pending.set(family, { details: [detail] });
    setTimeout(() => {
      const { details } = pending.get(family);
      pending.delete(family);
      body.dispatchEvent(new CustomEvent(`live-${family}`, { detail: details }));
      if (SPOKEN.has(family)) speak();
    }, PACE_MS[family] ?? 700);
  }

  function speak() {
    const place = document.getElementById("spoken");
    place.textContent = "";
    setTimeout(() => { place.textContent = place.dataset.changed; }, 100);
  }

  function alive() {
    heard = Date.now();
    if (!lost) return;
    lost = false;
    banner.hidden = true;
    mode?.classList.remove("live-off");
    for (const family of ["warning", "event", "work_order", "task", "observations"]) tell(family, {});
  }

  function fail(words) {
    if (lost) return;
    lost = true;
    banner.textContent = words.replace("{time}", format.format(new Date(heard)));
    banner.hidden = false;
    mode?.classList.add("live-off");
  }

  function open() {
    source = new EventSource(`/live?from=${seq}`);
    source.addEventListener("change", (event) => {
      alive();
      const change = JSON.parse(event.data);
      seq = change.seq;
      tell(change.kind.split(".")[0], change);
    });
    source.addEventListener("beat", (event) => {
      alive();
      const beat = JSON.parse(event.data);
      seq = beat.seq;
      const moment = new Date(beat.now);
      clock.textContent = format.format(moment);
      clock.dateTime = beat.now;
    });
    source.addEventListener("hello", () => { heard = Date.now(); });
    source.addEventListener("reload", () => location.reload());
    source.addEventListener("trouble", () => fail(banner.dataset.trouble));
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      source.close();
      setTimeout(open, 5000);
    });
  }

  setInterval(() => { if (Date.now() - heard > QUIET_MS) fail(banner.dataset.lost); }, 1000);
  addEventListener("pagehide", () => source.close());
  open();
}
